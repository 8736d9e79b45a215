import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

export const PAGE = 4096;

/** Addresses, in whole pages; they are below 2^47 and thus exact. */
export interface AddressRange {
  start: number;
  end: number;
}

/**
 * The private anonymous mappings in a `/proc/PID/maps`. Not those that can be executed: CRIU puts code of its own there for
 * a moment while it dumps.
 */
export function anonymousRanges(maps: string): AddressRange[] {
  const ranges: AddressRange[] = [];
  for (const [, start, end, perms, inode, name] of maps.matchAll(LINE)) {
    const ours = inode === '0' && (!name || name === '[heap]' || name === '[stack]' || name.startsWith('[anon'));
    if (ours && /^r.-p$/.test(perms!)) ranges.push({ start: parseInt(start!, 16), end: parseInt(end!, 16) });
  }
  return ranges;
}

const LINE = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ (\d+) *(.*)$/gm;

/** The memory of a running process. */
export class TaskMemory {
  private constructor(
    private readonly pid: number,
    /** Its pid as the instance sees it, by which CRIU names its images. */
    readonly innerPid: number,
    private readonly memory: number,
    private readonly pagemap: number,
  ) {}

  /** Undefined when the process has ended. */
  static open(pid: number): TaskMemory | undefined {
    try {
      const inner = /^NSpid:.*?(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      const memory = openSync(`/proc/${pid}/mem`, 'r');
      return new TaskMemory(pid, Number(inner), memory, openSync(`/proc/${pid}/pagemap`, 'r'));
    } catch (error) {
      return orEnded(error, undefined);
    }
  }

  ranges(): AddressRange[] {
    try {
      return anonymousRanges(readFileSync(`/proc/${this.pid}/maps`, 'utf8'));
    } catch (error) {
      return orEnded(error, []);
    }
  }

  /** The runs of pages in the range that are in memory or in swap. */
  present(range: AddressRange): AddressRange[] {
    const entries = Buffer.allocUnsafe(((range.end - range.start) / PAGE) * 8);
    const read = attempt(() => readSync(this.pagemap, entries, 0, entries.length, (range.start / PAGE) * 8));
    const runs: AddressRange[] = [];
    for (let i = 0; i < read / 8; i++) {
      if (!(entries[i * 8 + 7]! & 0xc0)) continue;
      const start = range.start + i * PAGE;
      const last = runs.at(-1);
      if (last?.end === start) last.end += PAGE;
      else runs.push({ start, end: start + PAGE });
    }
    return runs;
  }

  /** Bytes read; fewer than fit when the mapping has gone meanwhile. */
  read(into: Buffer, address: number): number {
    return attempt(() => readSync(this.memory, into, 0, into.length, address));
  }

  close(): void {
    closeSync(this.memory);
    closeSync(this.pagemap);
  }
}

/** EIO: nothing is mapped there any more. */
const attempt = (read: () => number): number => {
  try {
    return read();
  } catch (error) {
    return orEnded(error, 0);
  }
};

function orEnded<T>(error: unknown, value: T): T {
  if (['ENOENT', 'ESRCH', 'EIO', 'EFAULT'].includes((error as NodeJS.ErrnoException).code ?? '')) return value;
  throw error;
}
