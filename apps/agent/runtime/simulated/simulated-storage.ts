import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UUID, requireName } from '#libs/common/names';
import type { StorageDriver } from '../../storage/storage-driver.js';

/** Disks of a simulated host: an empty directory per instance. Moves carry it as they carry a real disk. */
export class SimulatedStorage implements StorageDriver {
  readonly name = 'simulated';
  readonly shared = false;
  readonly limitsDisks = true;
  readonly streams = undefined;

  constructor(private readonly stateDirectory: string) {}

  async newImage(): Promise<string> {
    return this.stateDirectory;
  }

  async sealImage(): Promise<void> {}

  image(): string {
    return this.stateDirectory;
  }

  async hasImage(): Promise<boolean> {
    return true;
  }

  async images(): Promise<string[]> {
    return [];
  }

  async deleteImage(): Promise<void> {}
  async discardUnsealed(): Promise<void> {}

  async clone(instanceId: string): Promise<void> {
    await mkdir(this.rootfs(instanceId), { recursive: true });
  }

  createEmpty = (instanceId: string) => this.clone(instanceId);

  async mount(): Promise<void> {}
  async unmount(): Promise<void> {}
  async adopt(): Promise<void> {}
  async limitDisk(): Promise<void> {}

  async delete(instanceId: string): Promise<void> {
    await rm(this.rootfs(instanceId), { recursive: true, force: true });
  }

  rootfs(instanceId: string): string {
    return join(this.stateDirectory, 'instances', requireName('instance_id', instanceId, UUID, 'a UUID'), 'rootfs');
  }

  writableLayer = (instanceId: string) => this.rootfs(instanceId);
}
