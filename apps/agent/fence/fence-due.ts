import type { FenceOrder } from './fence-order.js';

export type FenceMeasure = 'none' | 'freeze' | 'stop';

/** The longest time without a look: a host that wakes from suspend finds out soon. */
const LONGEST_MS = 5_000;
/** While instances are fenced: one that was started meanwhile is found. */
const FENCED_MS = 1_000;

/** What is to be done at `now` (ms, the order's clock), and when to look again. */
export function due(order: FenceOrder, now: number): { measure: FenceMeasure; nextLookMs: number } {
  const past = now - order.leaseEndsMs;
  const [freeze, stop] = [order.freezeSeconds * 1000, order.stopSeconds * 1000];
  if (past >= stop) return { measure: 'stop', nextLookMs: FENCED_MS };
  if (past >= freeze) return { measure: 'freeze', nextLookMs: Math.min(FENCED_MS, stop - past) };
  return { measure: 'none', nextLookMs: Math.min(LONGEST_MS, freeze - past) };
}
