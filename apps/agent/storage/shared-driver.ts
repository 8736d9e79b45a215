import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, statfs, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError, InvalidInputError } from '#libs/common/errors';
import { UUID, requireName } from '#libs/common/names';
import { replaceFile } from '../state/atomic-file.js';
import { copyImage, exists } from './directories.js';
import type { StorageDirectories } from './directories.js';
import { ImagePlaces } from './image-places.js';
import { removeTree } from './remove-tree.js';
import type { StorageDriver } from './storage-driver.js';

const POOL = /^[0-9a-f]{16}$/;

/**
 * Roots in a directory that several hosts mount (NFS, CephFS): a full copy per instance, which outlives its host.
 * `POOL/ID/owner` names the instance's host; another host that still knows the instance (a dead one that came back, or
 * a move's source) leaves the disk alone when it removes the instance.
 */
export class SharedDriver extends ImagePlaces implements StorageDriver {
  readonly limitsDisks = false;
  override readonly shared = true;
  readonly streams = undefined;

  private constructor(
    at: StorageDirectories,
    /** The pool's name, equal on all its hosts: exactly those can use its disks. */
    readonly name: `shared:${string}`,
    private readonly pool: string,
    private readonly host: string,
  ) {
    super(at);
  }

  /** Throws InvalidInputError where `pool` is no writable directory. */
  static async open(at: StorageDirectories, pool: string, host: string): Promise<SharedDriver> {
    await statfs(pool).catch(() => {
      throw new InvalidInputError('LXSTACK_AGENT_SHARED_STORAGE', 'a directory that all hosts of the pool mount');
    });
    return new SharedDriver(at, `shared:${await poolId(pool)}`, pool, host);
  }

  /** Leaves a disk that exists as it is, with its owner: it is an evacuated instance's. */
  async clone(instanceId: string, sha256: string): Promise<void> {
    const root = this.rootfs(instanceId);
    await mkdir(this.folder(instanceId), { recursive: true, mode: 0o711 });
    if (!(await exists(root))) {
      const half = `${root}.new`;
      await rm(half, { recursive: true, force: true });
      await copyImage(this.at.image(sha256), half);
      await rename(half, root);
    }
    if ((await this.ownerOf(instanceId)) === undefined) await this.adopt(instanceId);
  }

  /** The target of a move finds the disk where the source has it. */
  async createEmpty(instanceId: string): Promise<void> {
    if (!(await exists(this.rootfs(instanceId))))
      throw new ConflictError(`the disk of instance ${instanceId} is not in the shared directory`);
  }

  override adopt(instanceId: string): Promise<void> {
    return replaceFile(join(this.folder(instanceId), 'owner'), this.host);
  }

  async delete(instanceId: string): Promise<void> {
    const owner = await this.ownerOf(instanceId);
    if (owner === undefined || owner === this.host) await removeTree(this.folder(instanceId));
  }

  async mount(): Promise<void> {}
  async unmount(): Promise<void> {}
  async limitDisk(): Promise<void> {}
  rootfs = (instanceId: string) => join(this.folder(instanceId), 'rootfs');
  writableLayer = (instanceId: string) => this.rootfs(instanceId);

  private ownerOf(instanceId: string): Promise<string | undefined> {
    return readIfThere(join(this.folder(instanceId), 'owner'));
  }

  private folder(instanceId: string): string {
    return join(this.pool, requireName('instance_id', instanceId, UUID, 'a UUID'));
  }
}

/** The directory's id, the same for everybody who mounts it, wherever; the first host makes it. */
async function poolId(pool: string): Promise<string> {
  const file = join(pool, 'pool-id');
  const mine = `${file}.${randomBytes(6).toString('hex')}`;
  if ((await readIfThere(file)) === undefined) {
    await writeFile(mine, randomBytes(8).toString('hex'), { mode: 0o644 });
    // A link never replaces a file: of two hosts at the same time, one is first.
    await link(mine, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await unlink(mine);
  }
  return requireName('LXSTACK_AGENT_SHARED_STORAGE', (await readFile(file, 'utf8')).trim(), POOL, 'a pool-id file');
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
