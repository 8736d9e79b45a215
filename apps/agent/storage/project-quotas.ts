import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../process/command-error.js';
import { run } from '../process/run.js';

/** Projects of instances have ids from here on; below it is the operator's own. */
const FIRST_ID = 1_000_000;
/** Project of the trial, which has no files. */
const TRIAL_ID = FIRST_ID - 1;
const NAMED = 200;

/** Runs a program; throws CommandError. */
type Run = (command: string, args: readonly string[]) => Promise<string>;

/**
 * Project quotas of ext4 and XFS: an instance's folder is a project, and what is written below it counts for it, also in the
 * instance's name (quotactl(2), PRJQUOTA). The folder gets its project while it is empty: files inherit it when they are made.
 */
export class ProjectQuotas {
  /** Ids by folder. */
  private readonly ids = new Map<string, number>();
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly mountPoint: string,
    private readonly run: Run,
  ) {}

  /** Undefined where the file system of `state` has no project quotas: it was not mounted with `prjquota`, or tools lack. */
  static async open(state: string, runs: Run = run): Promise<ProjectQuotas | undefined> {
    try {
      const seen = await runs('findmnt', ['--json', '--output', 'TARGET,FSTYPE,OPTIONS', '--target', state]);
      const { filesystems } = JSON.parse(seen) as {
        filesystems: { target: string; fstype: string; options: string }[];
      };
      const [at] = filesystems;
      if (!at || !['ext4', 'xfs'].includes(at.fstype) || !/(^|,)(prj|p)quota(,|$)/.test(at.options)) return undefined;
      const quotas = new ProjectQuotas(at.target, runs);
      await quotas.set(TRIAL_ID, 1024);
      await quotas.set(TRIAL_ID, 0);
      await quotas.readIds(join(state, 'instances'));
      return quotas;
    } catch (error) {
      if (error instanceof CommandError) return undefined;
      throw error;
    }
  }

  /** Makes the folder, in which nothing lies yet, a project of its own. Idempotent. */
  own(folder: string): Promise<void> {
    const owned = this.last.then(() => this.assign(folder));
    this.last = owned.catch(() => undefined); // told to who called
    return owned;
  }

  /** Limits what lies below the folder to `bytes`; 0: no limit. A folder that was filled before it could be a project has none. */
  async limit(folder: string, bytes: number): Promise<void> {
    const id = this.ids.get(folder);
    if (id !== undefined) await this.set(id, Math.ceil(bytes / 1024));
  }

  /** The folder is removed next: its id may be another's after that. */
  async forget(folder: string): Promise<void> {
    await this.limit(folder, 0);
    this.ids.delete(folder);
  }

  private async assign(folder: string): Promise<void> {
    if (this.ids.has(folder)) return;
    const taken = new Set(this.ids.values());
    let id = FIRST_ID;
    while (taken.has(id)) id++;
    await this.run('chattr', ['-p', String(id), '+P', '--', folder]);
    this.ids.set(folder, id);
  }

  /** `kibibytes`: the hard limit; there is no soft one. */
  private async set(id: number, kibibytes: number): Promise<void> {
    await this.run('setquota', ['-P', String(id), '0', String(kibibytes), '0', '0', this.mountPoint]);
  }

  private async readIds(instances: string): Promise<void> {
    const folders = (await readdir(instances)).map((name) => join(instances, name));
    for (let at = 0; at < folders.length; at += NAMED) {
      const lines = await this.run('lsattr', ['-pd', '--', ...folders.slice(at, at + NAMED)]);
      for (const [, id, folder] of lines.matchAll(/^ *(\d+) \S*P\S* (.+)$/gm))
        if (Number(id) >= FIRST_ID) this.ids.set(folder!, Number(id));
    }
  }
}
