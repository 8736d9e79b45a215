import type { PlacedInstance } from '#libs/scheduling/rebalance/plan';

/** Medians of the completed live moves of instances made from one image. */
export interface MoveHistory {
  memoryBytes: number;
  diskBytes: number;
  /** Dump, transfer and restore together, in ms: the guest does not answer during them. */
  switchMs: number | null;
}

/** The entries of a move's `timings_ms` during which the guest stands still. */
export const BLACKOUT_PARTS = ['dump', 'transfer', 'restore'];

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** Assumed for an image without history: a guest uses a quarter of its memory and has changed a tenth of its disk. */
const MEMORY_SHARE = 0.25;
const DISK_SHARE = 0.1;
/** Freeze and thaw of a small guest, and the addition for each MiB of memory. */
const LIVE_MS = 200;
const LIVE_MS_PER_MIB = 1.3;
/** Stop and start of a guest, and the transfer of its disk at 100 MiB/s between them. */
const COLD_MS = 5_000;
const COLD_MS_PER_MIB = 10;

/**
 * Expected cost of a live and of a cold move: from the history of the instance's image where there is one, else
 * estimated.
 */
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
