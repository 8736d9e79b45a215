/** Counts and times of a batch, as SQL returns them. */
export interface BatchCounts {
  total: number;
  done: number;
  running: number;
  failed: number;
  cancelled: number;
  bytes: number;
  /** Mean time of the moves that are done, in seconds; null before the first is done. */
  meanSeconds: number | null;
}

/**
 * How many live moves of a batch are begun at the same time. Where all leave one host, half as many again are prepared
 * ahead: that host's agent lets `parallel` of them go at once (SendMigrationRequest.at_once).
 */
export const begunAtOnce = ({ parallel, hostId }: { parallel: number; hostId: string | null }): number =>
  hostId ? parallel + Math.ceil(parallel / 2) : parallel;

/** Seconds until the last move of the batch has ended, by the mean time so far; null before a move is done. */
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

/**
 * Orders moves, cheapest first: stopped instances (no blackout), then those with little memory, then with little disk.
 */
export function byCost(a: Cost, b: Cost): number {
  return Number(a.running) - Number(b.running) || a.memoryMb - b.memoryMb || a.diskGb - b.diskGb;
}
