import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireName, UUID } from '#libs/common/names';

export type HeldAs = 'frozen' | 'stopped';

/**
 * Instances that the guard has frozen or stopped: one file each, written before the deed. Only an agent that holds the lease
 * and was told that the instance is still its host's removes the file.
 */
export class HeldInstances {
  private readonly directory: string;

  constructor(fenceDirectory: string) {
    this.directory = join(fenceDirectory, 'held');
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
  }

  /** What the guard has done to the instance; undefined where nothing. */
  find(id: string): HeldAs | undefined {
    try {
      return readFileSync(this.file(id), 'utf8') === 'stopped' ? 'stopped' : 'frozen';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Ids of all instances that the guard has frozen or stopped. */
  ids(): string[] {
    return readdirSync(this.directory).filter((name) => UUID.test(name));
  }

  /** Records what the guard is about to do. */
  hold(id: string, as: HeldAs): void {
    writeFileSync(this.file(id), as, { mode: 0o600 });
  }

  /** Removes the record. */
  letGo(id: string): void {
    rmSync(this.file(id), { force: true });
  }

  private file(id: string): string {
    return join(this.directory, requireName('instance_id', id, UUID, 'a UUID'));
  }
}
