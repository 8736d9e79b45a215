import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The file of a cgroup that systemd watches. */
const WATCHED = 'cgroup.events';
const ROOT = '/sys/fs/cgroup';

/**
 * Looks up the files that systemd watches in its cgroups. After a shortage of memory the kernel has forgotten their names, and
 * CRIU, which opens them by handle, would find no path and refuse the dump.
 */
export async function lookUpCgroups(directories: readonly string[]): Promise<void> {
  const hierarchies = [ROOT, ...(await readdir(ROOT)).map((name) => join(ROOT, name))];
  for (const hierarchy of hierarchies) for (const directory of directories) await lookUp(join(hierarchy, directory));
}

async function lookUp(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ENODEV') return []; // gone, or not one
    throw error;
  });
  for (const entry of entries)
    if (entry.isDirectory()) await lookUp(join(path, entry.name));
    else if (entry.name === WATCHED)
      await lstat(join(path, WATCHED)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT' && error.code !== 'ENODEV') throw error; // its cgroup has gone
      });
}
