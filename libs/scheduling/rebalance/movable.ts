import type { MoveKind, PlacedInstance, RebalanceSettings } from './plan.js';

/** How an instance would be moved, or why it stays. A running instance is moved live where that is possible. */
export function movableAs(
  instance: PlacedInstance,
  { kinds, maxBlackoutMs }: RebalanceSettings,
): { kind: MoveKind } | { stays: string } {
  if (instance.held !== null) return { stays: instance.held };
  const live = instance.running && instance.notLive === null;
  const kind: MoveKind = live && kinds.includes('live') ? 'live' : 'cold';
  if (!kinds.includes(kind)) {
    if (!instance.running) return { stays: 'it is stopped, and cold moves are not allowed' };
    return { stays: `it cannot be moved live (${instance.notLive}), and cold moves are not allowed` };
  }
  if (maxBlackoutMs !== null && instance.cost[kind].blackoutMs > maxBlackoutMs)
    return { stays: 'its move would take it away for longer than is allowed' };
  return { kind };
}
