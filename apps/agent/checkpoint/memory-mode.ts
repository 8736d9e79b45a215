/** How the memory of a live move goes. */
export type MemoryMode = 'stop-and-copy' | 'lazy-pages';

export interface MemoryFacts {
  /** Bytes that its cgroup is charged with. */
  memoryBytes: number;
  /** The target can map pages in after the restore. */
  lazyPages: boolean;
  /** Bytes per second; 0: as fast as it goes. */
  bandwidth: number;
}

/** Measured on two cores of a small machine, bytes per second. */
const DUMPED = 1.6e9;
const RESTORED = 0.8e9;
/** Start of the daemon, and the faults of the first moments. */
const LAZY_START_MS = 60;

/** Milliseconds for which it stands still, as far as its memory is the reason. */
export function memoryBlackoutMs(mode: MemoryMode, { memoryBytes, bandwidth }: MemoryFacts): number {
  const sent = (memoryBytes / Math.min(DUMPED, bandwidth || Infinity)) * 1000;
  return sent + (mode === 'lazy-pages' ? LAZY_START_MS : (memoryBytes / RESTORED) * 1000);
}

/** The mode that the caller asked for, else the cheaper one, with the reason in words. */
export function chooseMemoryMode(asked: string, facts: MemoryFacts): { mode: MemoryMode; why: string } {
  if (asked === 'stop-and-copy') return { mode: asked, why: 'asked for' };
  if (!facts.lazyPages) return { mode: 'stop-and-copy', why: 'the target cannot map pages in after the restore' };
  if (asked === 'lazy-pages') return { mode: asked, why: 'asked for' };
  const copy = Math.round(memoryBlackoutMs('stop-and-copy', facts));
  const lazy = Math.round(memoryBlackoutMs('lazy-pages', facts));
  const mebibytes = Math.round(facts.memoryBytes / 2 ** 20);
  const why = `${mebibytes} MiB: about ${copy} ms by stop-and-copy, ${lazy} ms by lazy-pages`;
  return { mode: lazy < copy ? 'lazy-pages' : 'stop-and-copy', why };
}
