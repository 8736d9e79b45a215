/** Tasks whose pages are at the target: pid as the instance sees it, N of `pages-N.img`. */
export interface SentMemory {
  pid: number;
  pagesId: number;
}

/** Memory of an instance that is sent while it runs, source end. */
export interface MemoryFeed {
  /** Sends what the target does not have; the bytes of it. */
  pass(): Promise<number>;
  /** In the freeze, beside the dump. */
  lastPass(): Promise<void>;
  /** After the dump: what its images have and the target has not. The pagemaps among them then name every page. */
  finish(images: string): Promise<SentMemory[]>;
  /** Bytes sent so far. */
  readonly bytes: number;
  /** For the dump: the directory of the pre-dump that it builds upon, empty where there is none. */
  readonly preDump: string;
  close(): void;
}

const MOST_PASSES = 5;
const LITTLE = 8 << 20;

/** Whether another pass while it runs would leave no less for the freeze; `passes`: bytes that each has sent so far. */
export function memoryPassesSuffice(passes: readonly number[]): boolean {
  const [before, last] = passes.slice(-2);
  if (before === undefined || last === undefined) return false;
  return last < LITTLE || last > before * 0.7 || passes.length >= MOST_PASSES;
}
