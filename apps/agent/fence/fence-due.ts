import type { FenceOrder } from './fence-order.js';

export type FenceMeasure = 'none' | 'freeze' | 'stop';

/** Longest pause between two looks: a host that wakes from suspend must notice soon. */
const LONGEST_MS = 5_000;
/** Pause while instances are fenced: the guard also finds one that was started meanwhile. */
const FENCED_MS = 1_000;

/** What the guard must do at `now` (ms, the order's clock), and when it must look again. */
export function due(order: FenceOrder, now: number): { measure: FenceMeasure; nextLookMs: number } {
  const past = now - order.leaseEndsMs;
  const [freeze, stop] = [order.freezeSeconds * 1000, order.stopSeconds * 1000];
  if (past >= stop) return { measure: 'stop', nextLookMs: FENCED_MS };
  if (past >= freeze) return { measure: 'freeze', nextLookMs: Math.min(FENCED_MS, stop - past) };
  return { measure: 'none', nextLookMs: Math.min(LONGEST_MS, freeze - past) };
}
