import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { moveFile } from '../../move-files.js';

const ROOT = '/sys/fs/cgroup';
/** The image that CRIU opens first of each task; init's is the first of all. */
const OF_ANOTHER_TASK = /^core-(?!1\.img$)\d+\.img$/;

/**
 * The host's cgroup mounts as CRIU is to see them (`--cgroup-yard`). Below a cgroup namespace CRIU takes every task and thread
 * for the first of its cgroups (`cgroup-sets.ts`) and walks the instance's whole tree for each: half of a dump's work with many
 * tasks. The walk for init finds everything; from the next task on the links lead CRIU to empty directories.
 */
export class CgroupWalkOnce {
  private watcher: FSWatcher | undefined;
  private readonly led = Promise.withResolvers<void>();
  /** Resolves when CRIU has walked the tree once and finds it empty from now on; never when it is closed before. */
  readonly emptied = this.led.promise;

  private constructor(
    private readonly directory: string,
    private readonly hierarchies: readonly string[],
  ) {}

  /** Makes `yard` and `empty` in the move's directory; the `criu` wrapper uses them when they fit LXC's options. */
  static make(directory: string, cgroups: readonly string[], root = ROOT, own = '/proc/self/cgroup'): CgroupWalkOnce {
    const all = hierarchiesOf(readFileSync(own, 'utf8'));
    const whole = all.every((name) => existsSync(join(root, name, 'cgroup.procs')));
    const yard = new CgroupWalkOnce(directory, whole ? all : []);
    if (whole) mkdirSync(moveFile(directory, 'cgroupYard'));
    for (const cgroup of cgroups) mkdirSync(join(moveFile(directory, 'noCgroups'), cgroup), { recursive: true });
    for (const name of yard.hierarchies) symlinkSync(join(root, name), join(moveFile(directory, 'cgroupYard'), name));
    yard.watcher = watch(moveFile(directory, 'images'), (_event, name) => {
      if (name && OF_ANOTHER_TASK.test(name)) yard.empty();
    });
    return yard;
  }

  close(): void {
    this.watcher?.close();
    this.watcher = undefined;
  }

  private empty(): void {
    if (!this.watcher) return;
    this.close();
    const next = `${moveFile(this.directory, 'cgroupYard')}.next`;
    for (const name of this.hierarchies) {
      symlinkSync(moveFile(this.directory, 'noCgroups'), next);
      renameSync(next, join(moveFile(this.directory, 'cgroupYard'), name));
    }
    this.led.resolve();
  }
}

/** Directories of the hierarchies below /sys/fs/cgroup, by CRIU's names for them, from /proc/self/cgroup. */
export const hierarchiesOf = (cgroups: string): string[] =>
  [...cgroups.matchAll(/^\d+:(?:name=)?([^:]*):/gm)].map(([, name]) => name || 'unified');
