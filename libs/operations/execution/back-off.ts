/** Attempts at a step whose error may pass, unless the step says otherwise. */
export const DEFAULT_ATTEMPTS = 5;
/** Attempts at an undo, and at the workflow's `failed` after the last undo. */
export const UNDO_ATTEMPTS = 10;
/**
 * Attempts at a step after the point of no return, which take about half an hour: the operation is never undone, but it
 * ends.
 */
export const FORWARD_ATTEMPTS = 60;

const BASE_MS = 200;
const MAX_MS = 30_000;

/** Milliseconds to wait after the `attempt`-th failure (1, 2, …). */
export function backOffMs(attempt: number): number {
  return Math.min(MAX_MS, BASE_MS * 2 ** (attempt - 1));
}
