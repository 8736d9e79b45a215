import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyImage } from './directories.js';
import { ImagePlaces } from './image-places.js';
import type { StorageDriver } from './storage-driver.js';

/** A full copy per instance, which works everywhere. */
export class DirDriver extends ImagePlaces implements StorageDriver {
  readonly name = 'dir';
  readonly limitsDisks = false;
  readonly streams = undefined;

  async clone(instanceId: string, sha256: string): Promise<void> {
    await this.delete(instanceId);
    await mkdir(this.at.instance(instanceId), { recursive: true, mode: 0o711 });
    await copyImage(this.at.image(sha256), this.rootfs(instanceId));
  }

  createEmpty = (instanceId: string, sha256: string) => this.at.makeRoot(instanceId, sha256);

  async mount(): Promise<void> {}
  async unmount(): Promise<void> {}
  async limitDisk(): Promise<void> {}
  delete = (instanceId: string) => this.at.removePlace(this.rootfs(instanceId));
  rootfs = (instanceId: string) => join(this.at.instance(instanceId), 'rootfs');
  writableLayer = (instanceId: string) => this.rootfs(instanceId);
}
