import { run } from '../../process/run.js';
import type { DiskPass } from './disk-passes.js';

/** The source's disk as a move sees it, from the passes while it runs to the last in the freeze. */
export interface DiskSource {
  /** While it runs: everything the first time, then what has changed, until little is left for the freeze. */
  passes(mayRepeat: () => boolean): Promise<void>;
  /** Resolves when the target has what was written since the one before. */
  pass(): Promise<DiskPass>;
  /** The freeze is next. */
  poise(): void;
  /** In the freeze. `arrived` is to be awaited after it. */
  lastPass(): Promise<DiskPass>;
  /** In the freeze, after the last: what was written there meanwhile. */
  oneMorePass(): Promise<DiskPass>;
  /** The target has all that was sent. */
  arrived(): Promise<void>;
  close(): void;
}

const SYNC_TIMEOUT_MS = 600_000;

/** Writes out what the root's file system still holds in memory. */
export const syncDisk = (root: string): Promise<string> => run('sync', ['-f', root], '', SYNC_TIMEOUT_MS);

/** A disk that the target sees as well: all that a pass has to do is to write out what is in memory. */
export class SharedDisk implements DiskSource {
  constructor(private readonly root: string) {}

  async passes(): Promise<void> {
    await this.pass();
  }

  async pass(): Promise<DiskPass> {
    await syncDisk(this.root);
    return { paths: 0, bytes: 0 };
  }

  poise(): void {}
  lastPass = () => this.pass();
  oneMorePass = () => this.pass();
  async arrived(): Promise<void> {}
  close(): void {}
}
