import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyImage } from './directories.js';
import type { StorageDirectories } from './directories.js';
import { ImagePlaces } from './image-places.js';
import type { ProjectQuotas } from './project-quotas.js';
import type { StorageDriver } from './storage-driver.js';

/** A full copy per instance, which works everywhere. */
export class DirDriver extends ImagePlaces implements StorageDriver {
  readonly name = 'dir';
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

  async clone(instanceId: string, sha256: string): Promise<void> {
    await this.delete(instanceId);
    await this.ownFolder(instanceId);
    await copyImage(this.at.image(sha256), this.rootfs(instanceId));
  }

  async createEmpty(instanceId: string, sha256: string): Promise<void> {
    await this.ownFolder(instanceId);
    await this.at.makeRoot(instanceId, sha256);
  }

  async mount(): Promise<void> {}
  async unmount(): Promise<void> {}

  async limitDisk(instanceId: string, bytes: number): Promise<void> {
    await this.quotas?.limit(this.at.instance(instanceId), bytes);
  }

  async delete(instanceId: string): Promise<void> {
    await this.quotas?.forget(this.at.instance(instanceId));
    await this.at.removePlace(this.rootfs(instanceId));
  }

  rootfs = (instanceId: string) => join(this.at.instance(instanceId), 'rootfs');
  writableLayer = (instanceId: string) => this.rootfs(instanceId);

  private async ownFolder(instanceId: string): Promise<void> {
    const folder = this.at.instance(instanceId);
    await mkdir(folder, { recursive: true, mode: 0o711 });
    await this.quotas?.own(folder);
  }
}
