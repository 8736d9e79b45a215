import type { MemoryMode } from '#libs/agent-protocol/memory-modes';

/** Whether pages come after the restore (userfaultfd). */
export const mapsPagesLater = (mode: MemoryMode): boolean => mode !== 'stop-and-copy';

export interface MemoryFacts {
  /** Bytes of the instance's anonymous and shared memory. */
  memoryBytes: number;
  processes: number;
  /** Bytes of memory that the source has left. */
  freeBytes: number;
  /** Whether the target can bring pages after the restore. */
  lazyPages: boolean;
  /** Cap in bytes per second; 0: none. */
  bandwidth: number;
}

/** Measured on two cores of a small machine, bytes per second. */
const DUMPED = 1.6e9;
const SENT = 0.5e9;
const RESTORED = 0.8e9;
/** Cost of the daemon's start and of the first page faults. */
const LAZY_START_MS = 60;
/** Each process's memory is registered with the daemon, and faults in by its first pages (about, measured at a load of 25). */
const LAZY_PROCESS_MS = 2;
/** The last look at memory that is at the target already; its share that is expected to have changed. */
const LAST_LOOK_MS = 10;
const CHANGED = 0.1;

/** Expected milliseconds of the freeze that the memory costs. */
export function memoryBlackoutMs(mode: MemoryMode, { memoryBytes, processes, bandwidth }: MemoryFacts): number {
  const speed = Math.min(SENT, bandwidth || Infinity);
  const sentInFreeze = ((mode === 'pre-copy' ? CHANGED : 1) * memoryBytes) / speed;
  const dumpedAndSent = Math.max(memoryBytes / DUMPED, sentInFreeze) * 1000; // both at once
  const mappedLater = LAZY_START_MS + LAZY_PROCESS_MS * processes;
  switch (mode) {
    case 'stop-and-copy':
      return dumpedAndSent + (memoryBytes / RESTORED) * 1000;
    case 'lazy-pages':
      return dumpedAndSent + mappedLater;
    case 'pre-copy':
      return dumpedAndSent + mappedLater + LAST_LOOK_MS;
  }
}

/** The mode that the caller asked for when both hosts can, else the cheapest; with the reason in words. */
export function chooseMemoryMode(asked: string, facts: MemoryFacts): { mode: MemoryMode; why: string } {
  if (asked === 'stop-and-copy') return { mode: asked, why: 'asked for' };
  if (!facts.lazyPages) return { mode: 'stop-and-copy', why: 'the target cannot map pages in after the restore' };
  if (asked === 'lazy-pages') return { mode: asked, why: 'asked for' };
  // A copy beside the images.
  const room = facts.freeBytes > 2.2 * facts.memoryBytes;
  if (asked === 'pre-copy' && room) return { mode: asked, why: 'asked for' };
  const possible: MemoryMode[] = ['stop-and-copy', 'lazy-pages', ...(room ? ['pre-copy' as const] : [])];
  const costs = possible.map((mode) => ({ mode, ms: Math.round(memoryBlackoutMs(mode, facts)) }));
  const { mode } = costs.reduce((best, one) => (one.ms < best.ms ? one : best));
  const mebibytes = Math.round(facts.memoryBytes / 2 ** 20);
  const listed = costs.map((one) => `${one.ms} ms by ${one.mode}`).join(', ');
  const why = `${mebibytes} MiB in ${facts.processes} processes: about ${listed}${room ? '' : '; no room here for a copy of it'}`;
  return { mode, why };
}
