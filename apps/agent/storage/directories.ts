import { access, chown, lstat, mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UUID, requireName } from '#libs/common/names';
import { run } from '../process/run.js';

/** How a directory that holds a root filesystem is made and removed: plain, or a subvolume. */
export interface Places {
  make(path: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export const plainPlaces: Places = {
  make: async (path) => void (await mkdir(path, { mode: 0o755 })),
  remove: (path) => rm(path, { recursive: true, force: true }),
};

/** By its sha256; where it is shifted otherwise than by default, with how (images/id-maps.ts). */
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

  image(place: string): string {
    return join(this.images, requireName('image.sha256', place, PLACE, '64 hex digits'));
  }

  instance(id: string): string {
    return join(this.state, 'instances', requireName('instance_id', id, UUID, 'a UUID'));
  }

  async newImage(sha256: string): Promise<string> {
    const place = `${this.image(sha256)}.new`;
    await this.removePlace(place);
    await this.places.make(place);
    return place;
  }

  async sealImage(sha256: string): Promise<void> {
    await rename(`${this.image(sha256)}.new`, this.image(sha256));
  }

  hasImage(sha256: string): Promise<boolean> {
    return exists(this.image(sha256));
  }

  async sealed(): Promise<string[]> {
    return (await readdir(this.images)).filter((name) => PLACE.test(name));
  }

  /** Out of sight at once, so that a half removed image is never taken for one. */
  async deleteImage(sha256: string): Promise<void> {
    if (!(await this.hasImage(sha256))) return;
    await this.removePlace(`${this.image(sha256)}.new`);
    await rename(this.image(sha256), `${this.image(sha256)}.new`);
    await this.removePlace(`${this.image(sha256)}.new`);
  }

  async discardUnsealed(): Promise<void> {
    for (const name of await readdir(this.images)) {
      if (name.endsWith('.new')) await this.removePlace(join(this.images, name));
    }
  }

  /** An empty root for an instance, its owner and mode those of the image's root. */
  async makeRoot(id: string, sha256: string): Promise<void> {
    const root = join(this.instance(id), 'rootfs');
    await mkdir(this.instance(id), { recursive: true, mode: 0o711 });
    if (!(await exists(root))) await this.places.make(root);
    const { uid, gid } = await stat(this.image(sha256));
    await chown(root, uid, gid);
  }

  async removePlace(path: string): Promise<void> {
    if (await exists(path)) await this.places.remove(path);
  }
}

const COPY_TIMEOUT_MS = 600_000;

/** A full copy of an image's files as a root, by reflink where the file system has it. */
export async function copyImage(image: string, root: string): Promise<void> {
  await run('cp', ['-a', '--reflink=auto', '--', image, root], '', COPY_TIMEOUT_MS);
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** What lies at `path` itself, a link not followed; undefined where there is nothing. */
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

export async function isMounted(path: string): Promise<boolean> {
  return (await readFile('/proc/self/mountinfo', 'utf8')).includes(` ${path} `);
}
