import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SHA256, UUID, requireName } from '#libs/common/names';

/** Where images and instances lie below the agent's state. */
export class StorageDirectories {
  constructor(readonly state: string) {}

  image(sha256: string): string {
    return join(this.state, 'images', requireName('image.sha256', sha256, SHA256, '64 hex digits'));
  }

  instance(id: string): string {
    return join(this.state, 'instances', requireName('instance_id', id, UUID, 'a UUID'));
  }

  async newImage(sha256: string): Promise<string> {
    const place = `${this.image(sha256)}.new`;
    await rm(place, { recursive: true, force: true });
    await mkdir(place, { recursive: true, mode: 0o711 });
    return place;
  }

  async sealImage(sha256: string, root: string): Promise<void> {
    await rename(root, this.image(sha256));
    await rm(`${this.image(sha256)}.new`, { recursive: true, force: true });
  }
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

export async function isMounted(path: string): Promise<boolean> {
  return (await readFile('/proc/self/mountinfo', 'utf8')).includes(` ${path} `);
}
