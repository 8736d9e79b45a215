/** Counts and times of a batch, as SQL gives them. */
export interface BatchCounts {
  total: number;
  done: number;
  running: number;
  failed: number;
  cancelled: number;
  bytes: number;
  /** Mean time of a move that is done, in seconds; null before the first. */
  meanSeconds: number | null;
}

/**
 * Live moves that are begun at once: half as many again are prepared ahead where all leave the same host, whose agent
 * lets `parallel` of them go at once (SendMigrationRequest.at_once).
 */
export const begunAtOnce = ({ parallel, hostId }: { parallel: number; hostId: string | null }): number =>
  hostId ? parallel + Math.ceil(parallel / 2) : parallel;

/** Seconds until the last move has ended, from what the moves so far took; null where nothing is known yet. */
export function etaSeconds(counts: BatchCounts, atOnce: number): number | null {
  const left = counts.total - counts.done - counts.failed - counts.cancelled;
  if (left <= 0) return 0;
  if (counts.meanSeconds === null) return null;
  return Math.ceil(Math.ceil(left / atOnce) * counts.meanSeconds);
}

interface Cost {
  running: boolean;
  memoryMb: number;
  diskGb: number;
}

/** Cheapest first: stopped ones have no blackout, then little memory, then little disk. */
export function byCost(a: Cost, b: Cost): number {
  return Number(a.running) - Number(b.running) || a.memoryMb - b.memoryMb || a.diskGb - b.diskGb;
}
