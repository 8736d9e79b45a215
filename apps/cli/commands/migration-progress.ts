/** What a move has reported so far: bytes, and times in milliseconds since 1970. */
export interface Progress {
  phase: string;
  processed: number;
  total: number;
  memory: { processed: number; total: number };
  disk: { processed: number; total: number };
  /** Time of the first report. */
  since: number;
}

const barWidth = 20;

/** Adds one `migration` event of the websocket to what was reported before. */
export function addProgress(before: Progress | undefined, data: Record<string, unknown>, now: number): Progress {
  const bytes = (name: string) => Number(data[name] ?? 0);
  const memory = { processed: bytes('memoryBytesProcessed'), total: bytes('memoryBytesTotal') };
  const disk = { processed: bytes('diskBytesProcessed'), total: bytes('diskBytesTotal') };
  return {
    phase: String(data.phase).replace('MIGRATION_PHASE_', '').toLowerCase().replaceAll('_', ' '),
    processed: memory.processed + disk.processed,
    total: Math.max(memory.total + disk.total, memory.processed + disk.processed),
    memory,
    disk,
    since: before?.since ?? now,
  };
}

/**
 * One line of at most `width` characters: bar, phase, bytes, elapsed time, and the remaining time at the rate so far.
 */
export function renderProgress(progress: Progress, now: number, width = Infinity): string {
  const { phase, processed, total, memory, disk, since } = progress;
  const share = total > 0 ? processed / total : 0;
  const full = Math.round(share * barWidth);
  const elapsed = (now - since) / 1000;
  const left = processed > 0 ? (elapsed * (total - processed)) / processed : 0;
  const parts = [
    `[${'#'.repeat(full)}${'.'.repeat(barWidth - full)}] ${(share * 100).toFixed(0).padStart(3)} % ${phase}`,
    ...part('disk', disk),
    ...part('memory', memory),
    `${elapsed.toFixed(1)} s`,
    ...(left > 0 ? [`${left.toFixed(0)} s left`] : []),
  ];
  return parts.join(', ').slice(0, width);
}

function part(name: string, { processed, total }: { processed: number; total: number }): string[] {
  const mebi = (bytes: number) => (bytes / 1024 ** 2).toFixed(1);
  const of = total > processed ? ` of ${mebi(total)}` : '';
  return processed || total ? [`${name} ${mebi(processed)}${of} MiB`] : [];
}
