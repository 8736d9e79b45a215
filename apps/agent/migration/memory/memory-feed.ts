/** A task whose pages the target has: its pid as the instance sees it, and the N of its `pages-N.img`. */
export interface SentMemory {
  pid: number;
  pagesId: number;
}

/** Source: sends an instance's memory while it runs. */
export interface MemoryFeed {
  /** Sends what has changed; resolves with its bytes. */
  pass(): Promise<number>;
  /** In the freeze, while CRIU dumps. */
  lastPass(): Promise<void>;
  /** After the dump: sends pages that only the images have, and rewrites the pagemaps so that they name every page. */
  finish(images: string): Promise<SentMemory[]>;
  /** Bytes sent so far. */
  readonly bytes: number;
  /** Directory of the pre-dump on which the dump builds; '' when there is none. */
  readonly preDump: string;
  close(): void;
}

const MOST_PASSES = 5;
const LITTLE = 8 << 20;

/** Whether another pass would leave no less for the freeze. `passes`: bytes of each so far. */
export function memoryPassesSuffice(passes: readonly number[]): boolean {
  const [before, last] = passes.slice(-2);
  if (before === undefined || last === undefined) return false;
  return last < LITTLE || last > before * 0.7 || passes.length >= MOST_PASSES;
}
