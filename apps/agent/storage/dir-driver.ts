import { join } from 'node:path';
import { copyImage } from './directories.js';
import { FolderPlaces } from './folder-places.js';
import type { StorageDriver } from './storage-driver.js';

/** A full copy per instance, which works everywhere. */
export class DirDriver extends FolderPlaces implements StorageDriver {
  readonly name = 'dir';

  async clone(instanceId: string, sha256: string): Promise<void> {
    await this.delete(instanceId);
    await this.makeFolder(instanceId);
    await copyImage(this.at.image(sha256), this.rootfs(instanceId));
  }

  async createEmpty(instanceId: string, sha256: string): Promise<void> {
    await this.makeFolder(instanceId);
    await this.at.makeRoot(instanceId, sha256);
  }

  async mount(): Promise<void> {}
  async unmount(): Promise<void> {}

  async delete(instanceId: string): Promise<void> {
    await this.forgetFolder(instanceId);
    await this.at.removePlace(this.rootfs(instanceId));
  }

  rootfs = (instanceId: string) => join(this.at.instance(instanceId), 'rootfs');
  writableLayer = (instanceId: string) => this.rootfs(instanceId);
}
