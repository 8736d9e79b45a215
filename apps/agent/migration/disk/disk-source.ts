import { run } from '../../process/run.js';
import type { DiskPass } from './disk-passes.js';

/** The source's disk in a move: passes while the instance runs, then one in the freeze. */
export interface DiskSource {
  /** While the instance runs: sends everything, then what has changed, until little is left for the freeze. */
  passes(mayRepeat: () => boolean): Promise<void>;
  /** Sends what was written since the last pass; resolves when the target has it. */
  pass(): Promise<DiskPass>;
  /** Just before the freeze: starts the processes of the last pass. */
  prepareLastPass(): void;
  /** In the freeze: sends what was written since. Await `arrived` after it. */
  lastPass(): Promise<DiskPass>;
  /** In the freeze, after CRIU has linked deleted files into the disk: sends these. */
  passAfterDump(): Promise<DiskPass>;
  /** Paths whose flags (chattr) do not go along, as bytes ("latin1"). */
  readonly flagsNotCarried: readonly string[];
  /** Resolves when the target has everything that was sent. */
  arrived(): Promise<void>;
  close(): void;
}

const SYNC_TIMEOUT_MS = 600_000;

/** Has the kernel write the root's file system to the disk. */
export const syncDisk = (root: string): Promise<string> => run('sync', ['-f', root], '', SYNC_TIMEOUT_MS);

/** A disk on storage that the target shares: a pass only has the kernel write it out. */
export class SharedDisk implements DiskSource {
  readonly flagsNotCarried = [];

  constructor(private readonly root: string) {}

  async passes(): Promise<void> {
    await this.pass();
  }

  async pass(): Promise<DiskPass> {
    await syncDisk(this.root);
    return { paths: 0, bytes: 0 };
  }

  prepareLastPass(): void {}
  lastPass = () => this.pass();
  passAfterDump = () => this.pass();
  async arrived(): Promise<void> {}
  close(): void {}
}
