import { due } from './fence-due.js';
import type { FenceMeasure } from './fence-due.js';
import type { FenceOrder } from './fence-order.js';
import type { HeldAs } from './held-instances.js';

export interface GuardDeps {
  order: () => FenceOrder | undefined;
  now: () => number;
  held: { find(id: string): HeldAs | undefined; hold(id: string, as: HeldAs): void };
  cgroups: { isPopulated(cgroup: string): boolean; freeze(cgroup: string): void; kill(cgroup: string): void };
  log: (line: string) => void;
}

const IDLE_MS = 1_000;

/**
 * One look of the guard: does what is due and returns the milliseconds until the next look. Reads the order again for each
 * instance, because the agent may be renewing the lease at this very moment.
 */
export function look(deps: GuardDeps): number {
  const order = deps.order();
  if (!order) return IDLE_MS;
  for (const instance of order.instances) {
    const present = deps.order();
    const measure = present ? due(present, deps.now()).measure : 'none';
    if (measure !== 'none') enforce(deps, instance, measure);
  }
  return due(order, deps.now()).nextLookMs;
}

function enforce(
  { held, cgroups, log }: GuardDeps,
  { id, cgroup }: FenceOrder['instances'][number],
  measure: Exclude<FenceMeasure, 'none'>,
): void {
  try {
    if (!cgroups.isPopulated(cgroup)) return;
    const as: HeldAs = measure === 'stop' ? 'stopped' : 'frozen';
    const before = held.find(id);
    if (before !== as) {
      held.hold(id, as);
      log(`instance ${id}: ${as}, the lease was not renewed`);
    }
    if (measure === 'stop') cgroups.kill(cgroup);
    else cgroups.freeze(cgroup);
  } catch (error) {
    log(`instance ${id}: ${String(error)}`); // the next look tries again; other instances must not wait
  }
}
