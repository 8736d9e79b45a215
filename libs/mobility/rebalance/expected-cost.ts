import type { PlacedInstance } from '#libs/scheduling/rebalance/plan';

/** Medians of the completed live moves of instances of one image. */
export interface MoveHistory {
  memoryBytes: number;
  diskBytes: number;
  /** Dump, transfer and restore: what the guest does not answer in. */
  switchMs: number | null;
}

/** Parts of a move's `timings_ms` in which the guest stands still. */
export const BLACKOUT_PARTS = ['dump', 'transfer', 'restore'];

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** Where an image has no history: a guest uses a quarter of its memory, a tenth of its disk has changed. */
const MEMORY_SHARE = 0.25;
const DISK_SHARE = 0.1;
/** Freeze and thaw of a small guest, and what 1 MiB of memory adds to it. */
const LIVE_MS = 200;
const LIVE_MS_PER_MIB = 1.3;
/** Stop and start of a guest, and a disk at 100 MiB a second between them. */
const COLD_MS = 5_000;
const COLD_MS_PER_MIB = 10;

/** What a move of the instance would cost either way: from its image's history where there is one, else estimated. */
export function expectedCost(
  size: { memoryMb: number; diskGb: number },
  running: boolean,
  history: MoveHistory | null,
): PlacedInstance['cost'] {
  const memory = history?.memoryBytes ?? size.memoryMb * MIB * MEMORY_SHARE;
  const disk = history?.diskBytes ?? size.diskGb * GIB * DISK_SHARE;
  const live = history?.switchMs ?? LIVE_MS + (memory / MIB) * LIVE_MS_PER_MIB;
  const cold = running ? COLD_MS + (disk / MIB) * COLD_MS_PER_MIB : 0;
  return {
    live: { bytes: Math.round(memory + disk), blackoutMs: Math.round(live) },
    cold: { bytes: Math.round(disk), blackoutMs: Math.round(cold) },
  };
}
