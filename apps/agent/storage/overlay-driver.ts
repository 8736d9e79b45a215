import { chown, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process/run.js';
import { isMounted } from './directories.js';
import type { StorageDirectories } from './directories.js';
import { ImagePlaces } from './image-places.js';
import type { ProjectQuotas } from './project-quotas.js';
import type { StorageDriver } from './storage-driver.js';

/**
 * The image is the lower layer, which instances share; each has an upper layer of its own. A clone is three empty
 * directories.
 */
export class OverlayDriver extends ImagePlaces implements StorageDriver {
  readonly name = 'overlay';
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
    const [image, folder] = [this.at.image(sha256), this.at.instance(instanceId)];
    const { uid, gid, mode } = await stat(image);
    await mkdir(folder, { recursive: true, mode: 0o711 });
    await this.quotas?.own(folder); // upper and work alike: overlay renames from one into the other
    await Promise.all(['upper', 'work', 'rootfs'].map((name) => mkdir(join(folder, name), { recursive: true, mode })));
    await chown(join(folder, 'upper'), uid, gid); // the merged root has the upper's owner
  }

  createEmpty = (instanceId: string, sha256: string) => this.clone(instanceId, sha256);

  async mount(instanceId: string, sha256: string): Promise<void> {
    const [folder, root] = [this.at.instance(instanceId), this.rootfs(instanceId)];
    if (await isMounted(root)) return;
    const layers = `lowerdir=${this.at.image(sha256)},upperdir=${join(folder, 'upper')},workdir=${join(folder, 'work')}`;
    await run('mount', ['-t', 'overlay', '-o', `${layers},index=off`, 'overlay', root]);
  }

  async unmount(instanceId: string): Promise<void> {
    if (await isMounted(this.rootfs(instanceId))) await run('umount', ['-l', this.rootfs(instanceId)]);
  }

  async limitDisk(instanceId: string, bytes: number): Promise<void> {
    await this.quotas?.limit(this.at.instance(instanceId), bytes);
  }

  async delete(instanceId: string): Promise<void> {
    await this.unmount(instanceId);
    await this.quotas?.forget(this.at.instance(instanceId));
    for (const name of ['upper', 'work', 'rootfs'])
      await rm(join(this.at.instance(instanceId), name), { recursive: true, force: true });
  }

  rootfs = (instanceId: string) => join(this.at.instance(instanceId), 'rootfs');
  writableLayer = (instanceId: string) => join(this.at.instance(instanceId), 'upper');
}
