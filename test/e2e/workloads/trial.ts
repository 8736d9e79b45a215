import assert from 'node:assert/strict';
import { chrony } from './chrony.js';
import { cron } from './cron.js';
import type { Guests } from './guests.js';
import { nginx } from './nginx.js';
import { postgresql } from './postgresql.js';
import { redis } from './redis.js';
import { rsync } from './rsync.js';
import { go, java, node } from './runtimes.js';
import { ssh } from './ssh.js';
import type { Underway, Workload } from './workload.js';

export const workloads: readonly Workload[] = [chrony, cron, postgresql, redis, nginx, java, go, node, ssh, rsync];

/** What a workload has done, and the longest silence of the echo service in each move, in milliseconds. */
export interface Outcome {
  words: string;
  gaps: number[];
}

/** Moves the server there and back, `rounds` times, while the workload runs. Throws where it failed or lost anything. */
export async function tried(guests: Guests, workload: Workload, rounds: number): Promise<Outcome> {
  try {
    const underway = await workload.start(guests);
    const gaps = await moved(guests, underway, rounds);
    return { words: await underway.end(), gaps };
  } catch (error) {
    await guests.clear();
    throw error;
  }
}

async function moved(guests: Guests, underway: Underway, rounds: number): Promise<number[]> {
  const reasons = await guests.reasons();
  assert.deepEqual(reasons, []);
  const gaps: number[] = [];
  for (let move = 0; move < 2 * rounds; move++) {
    await underway.midst?.();
    gaps.push(await guests.move());
    await underway.goesOn?.();
  }
  return gaps;
}

/** Median and longest, in words. */
export function gapWords(gaps: readonly number[]): string {
  const sorted = [...gaps].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `gap of ${gaps.length} moves: median ${median.toFixed(0)} ms, longest ${(sorted.at(-1) ?? 0).toFixed(0)} ms`;
}
