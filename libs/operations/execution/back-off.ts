/** Tries of a step whose error may pass, where the step does not say. */
export const DEFAULT_ATTEMPTS = 5;
/** Tries of an undo, and of what comes after the whole undo. */
export const UNDO_ATTEMPTS = 10;
/** Tries of a step after the point of no return: about half an hour. It never goes back, but it does end. */
export const FORWARD_ATTEMPTS = 60;

const BASE_MS = 200;
const MAX_MS = 30_000;

/** Milliseconds to wait after the `attempt`-th failed try (1, 2, …). */
export function backOffMs(attempt: number): number {
  return Math.min(MAX_MS, BASE_MS * 2 ** (attempt - 1));
}
