import { mkdir } from 'node:fs/promises';
import type { StorageDirectories } from './directories.js';
import { ImagePlaces } from './image-places.js';
import type { ProjectQuotas } from './project-quotas.js';

/**
 * What is the same in drivers that keep an instance in a folder of plain directories: where the file system has project
 * quotas, the folder is a project, and its limit is the instance's disk.
 */
export abstract class FolderPlaces extends ImagePlaces {
  readonly streams = undefined;

  constructor(
    at: StorageDirectories,
    private readonly quotas?: ProjectQuotas,
  ) {
    super(at);
  }

  get limitsDisks(): boolean {
    return this.quotas !== undefined;
  }

  async limitDisk(instanceId: string, bytes: number): Promise<void> {
    await this.quotas?.limit(this.at.instance(instanceId), bytes);
  }

  /** Makes the instance's folder, before anything lies in it, and returns it. */
  protected async makeFolder(instanceId: string): Promise<string> {
    const folder = this.at.instance(instanceId);
    await mkdir(folder, { recursive: true, mode: 0o711 });
    await this.quotas?.own(folder);
    return folder;
  }

  /** Lifts the limit of a folder whose root is removed next. */
  protected async forgetFolder(instanceId: string): Promise<void> {
    await this.quotas?.forget(this.at.instance(instanceId));
  }
}
