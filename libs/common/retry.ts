import { sleep } from './clock.js';

export interface RetryPolicy {
  attempts: number;
  /** First pause in milliseconds; each further pause is twice as long, up to maxMs. */
  baseMs: number;
  maxMs: number;
}

/** Runs `work` until it succeeds, `mayRetry` returns false or the attempts are used up; then throws the last error. */
export async function retry<T>(
  policy: RetryPolicy,
  work: (attempt: number) => Promise<T>,
  mayRetry: (error: unknown) => boolean = () => true,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt >= policy.attempts || !mayRetry(error)) throw error;
      await sleep(Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1)), signal);
    }
  }
}
