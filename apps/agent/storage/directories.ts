import { access, chown, lstat, mkdir, readFile, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UUID, requireName } from '#libs/common/names';
import { run } from '../process/run.js';
import { removeTree } from './remove-tree.js';

/** How a directory for a root file system is made and removed: as a plain directory, or as a subvolume. */
export interface Places {
  make(path: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** Plain directories. */
export const plainPlaces: Places = {
  make: async (path) => void (await mkdir(path, { mode: 0o755 })),
  remove: removeTree,
};

/**
 * Name of an image's directory: its sha256 and, where it is not shifted to the shared range, the shift
 * (images/id-maps.ts).
 */
const PLACE = /^[0-9a-f]{64}(-root|-\d{1,10}-\d{1,10})?$/;

/** Where images and instances lie below the agent's state. */
export class StorageDirectories {
  private readonly images: string;

  constructor(
    readonly state: string,
    private readonly places: Places = plainPlaces,
  ) {
    this.images = join(state, 'images');
  }

  /** Directory of an image. Throws InvalidInputError. */
  image(place: string): string {
    return join(this.images, requireName('image.sha256', place, PLACE, '64 hex digits'));
  }

  /** Folder of an instance. Throws InvalidInputError. */
  instance(id: string): string {
    return join(this.state, 'instances', requireName('instance_id', id, UUID, 'a UUID'));
  }

  /** As `StorageDriver.newImage`. */
  async newImage(sha256: string): Promise<string> {
    const place = `${this.image(sha256)}.new`;
    await this.removePlace(place);
    await this.places.make(place);
    return place;
  }

  /** As `StorageDriver.sealImage`. */
  async sealImage(sha256: string): Promise<void> {
    await rename(`${this.image(sha256)}.new`, this.image(sha256));
  }

  /** Whether the image is sealed here. */
  hasImage(sha256: string): Promise<boolean> {
    return exists(this.image(sha256));
  }

  /** Names of the sealed images' directories. */
  async sealed(): Promise<string[]> {
    return (await readdir(this.images)).filter((name) => PLACE.test(name));
  }

  /** Renames the directory first, so that a half removed image is never taken for one. */
  async deleteImage(sha256: string): Promise<void> {
    if (!(await this.hasImage(sha256))) return;
    await this.removePlace(`${this.image(sha256)}.new`);
    await rename(this.image(sha256), `${this.image(sha256)}.new`);
    await this.removePlace(`${this.image(sha256)}.new`);
  }

  /** As `StorageDriver.discardUnsealed`. */
  async discardUnsealed(): Promise<void> {
    for (const name of await readdir(this.images)) {
      if (name.endsWith('.new')) await this.removePlace(join(this.images, name));
    }
  }

  /** Makes an empty root for an instance, with owner and mode of the image's root. */
  async makeRoot(id: string, sha256: string): Promise<void> {
    const root = join(this.instance(id), 'rootfs');
    await mkdir(this.instance(id), { recursive: true, mode: 0o711 });
    if (!(await exists(root))) await this.places.make(root);
    const { uid, gid } = await stat(this.image(sha256));
    await chown(root, uid, gid);
  }

  /** Removes a directory of a root file system; a missing one is a success. */
  async removePlace(path: string): Promise<void> {
    if (await exists(path)) await this.places.remove(path);
  }
}

const COPY_TIMEOUT_MS = 600_000;

/** Copies an image's files as a root, by reflink where the file system can. */
export async function copyImage(image: string, root: string): Promise<void> {
  await run('cp', ['-a', '--reflink=auto', '--', image, root], '', COPY_TIMEOUT_MS);
}

/** Whether there is anything at `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** What lies at `path` itself (links are not followed); undefined where there is nothing. */
export async function kindOf(path: string): Promise<'directory' | 'file' | 'other' | undefined> {
  try {
    const found = await lstat(path);
    if (found.isDirectory()) return 'directory';
    return found.isFile() ? 'file' : 'other';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether something is mounted at `path`. */
export async function isMounted(path: string): Promise<boolean> {
  return (await readFile('/proc/self/mountinfo', 'utf8')).includes(` ${path} `);
}
