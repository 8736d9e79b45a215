import { chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process/run.js';
import { isMounted } from './directories.js';
import { FolderPlaces } from './folder-places.js';
import { removeTree } from './remove-tree.js';
import type { StorageDriver } from './storage-driver.js';

/**
 * The image is the lower layer, which instances share; each has an upper layer of its own. A clone is three empty
 * directories.
 */
export class OverlayDriver extends FolderPlaces implements StorageDriver {
  readonly name = 'overlay';

  async clone(instanceId: string, sha256: string): Promise<void> {
    const { uid, gid, mode } = await stat(this.at.image(sha256));
    // One project for upper and work: overlay renames from one into the other.
    const folder = await this.makeFolder(instanceId);
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

  async delete(instanceId: string): Promise<void> {
    await this.unmount(instanceId);
    await this.forgetFolder(instanceId);
    for (const name of ['upper', 'work', 'rootfs']) await removeTree(join(this.at.instance(instanceId), name));
  }

  rootfs = (instanceId: string) => join(this.at.instance(instanceId), 'rootfs');
  writableLayer = (instanceId: string) => join(this.at.instance(instanceId), 'upper');
}
