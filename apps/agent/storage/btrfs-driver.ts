import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../process/command-error.js';
import { btrfs } from './btrfs.js';
import { BtrfsStreams } from './btrfs-streams.js';
import { StorageDirectories } from './directories.js';
import type { Places } from './directories.js';
import { ImagePlaces } from './image-places.js';
import type { StorageDriver } from './storage-driver.js';

const subvolumes: Places = {
  async make(path) {
    await btrfs('subvolume', 'create', path);
    await chmod(path, 0o755);
  },
  async remove(path) {
    // Removes subvolumes that the instance made inside first, the deepest before the others.
    const nested = (await btrfs('subvolume', 'list', '-o', path)).trim().split('\n').filter(Boolean).length;
    await btrfs('subvolume', 'delete', ...(nested ? ['--recursive'] : []), path);
  },
};

/** Images and instances are subvolumes; a clone is a snapshot, and a quota group limits its size. */
export class BtrfsDriver extends ImagePlaces implements StorageDriver {
  readonly name = 'btrfs';
  readonly streams: BtrfsStreams;

  private constructor(
    at: StorageDirectories,
    readonly limitsDisks: boolean,
  ) {
    super(at);
    this.streams = new BtrfsStreams(at, (id, bytes) => this.limitDisk(id, bytes));
  }

  /** Enables quotas on the file system of `state`; where that fails, disks are not limited. */
  static async open(state: string): Promise<BtrfsDriver> {
    const limits = await btrfs('quota', 'enable', state).then(
      () => true,
      (error: unknown) => {
        if (error instanceof CommandError) return false;
        throw error;
      },
    );
    return new BtrfsDriver(new StorageDirectories(state, subvolumes), limits);
  }

  /**
   * Seals the image under the identity that it has on every host, where possible: a move then sends only the difference
   * to it.
   */
  override sealImage = async (place: string): Promise<void> => {
    const problem = await this.streams.identify(`${this.at.image(place)}.new`, place).catch((error: unknown) => error);
    if (problem && !(problem instanceof CommandError)) throw problem;
    if (!(await this.at.hasImage(place))) await this.at.sealImage(place);
    await this.at.removePlace(`${this.at.image(place)}.new`);
  };

  async clone(instanceId: string, sha256: string): Promise<void> {
    await this.delete(instanceId);
    await mkdir(this.at.instance(instanceId), { recursive: true, mode: 0o711 });
    await btrfs('subvolume', 'snapshot', this.at.image(sha256), this.rootfs(instanceId));
  }

  createEmpty = (instanceId: string, sha256: string) => this.at.makeRoot(instanceId, sha256);

  async mount(): Promise<void> {}
  async unmount(): Promise<void> {}

  async limitDisk(instanceId: string, bytes: number): Promise<void> {
    if (this.limitsDisks) await btrfs('qgroup', 'limit', bytes ? String(bytes) : 'none', this.rootfs(instanceId));
  }

  async delete(instanceId: string): Promise<void> {
    await this.streams.discardCopies(instanceId);
    await this.at.removePlace(this.rootfs(instanceId));
  }

  rootfs = (instanceId: string) => join(this.at.instance(instanceId), 'rootfs');
  writableLayer = (instanceId: string) => this.rootfs(instanceId);
}
