import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../network/commands.js';
import { StorageDirectories, exists } from './directories.js';
import type { StorageDriver } from './storage-driver.js';

const COPY_TIMEOUT_MS = 600_000;

/** A full copy per instance (by reflink where the file system has it): works everywhere. */
export class DirDriver implements StorageDriver {
  readonly name = 'dir';

  constructor(private readonly at: StorageDirectories) {}

  newImage = (sha256: string) => this.at.newImage(sha256);
  sealImage = (sha256: string, root: string) => this.at.sealImage(sha256, root);
  hasImage = (sha256: string) => exists(this.at.image(sha256));
  deleteImage = (sha256: string) => rm(this.at.image(sha256), { recursive: true, force: true });

  async clone(instanceId: string, sha256: string): Promise<void> {
    await this.delete(instanceId);
    await mkdir(this.at.instance(instanceId), { recursive: true, mode: 0o711 });
    const args = ['-a', '--reflink=auto', '--', this.at.image(sha256), this.rootfs(instanceId)];
    await run('cp', args, '', COPY_TIMEOUT_MS);
  }

  async createEmpty(instanceId: string): Promise<void> {
    await mkdir(this.rootfs(instanceId), { recursive: true });
  }

  async mount(): Promise<void> {}
  async unmount(): Promise<void> {}
  delete = (instanceId: string) => rm(this.rootfs(instanceId), { recursive: true, force: true });
  rootfs = (instanceId: string) => join(this.at.instance(instanceId), 'rootfs');
  writableLayer = (instanceId: string) => this.rootfs(instanceId);
}
