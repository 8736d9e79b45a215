import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes the payload cgroups that a killed or restored container left. Otherwise LXC chooses another name, with which
 * a restore fails, or refuses the start (`Numerical result out of range`).
 */
export async function removeStaleCgroups(directories: readonly string[]): Promise<void> {
  const root = '/sys/fs/cgroup';
  const hierarchies = [root, ...(await readdir(root)).map((name) => join(root, name))];
  for (const hierarchy of hierarchies)
    for (const directory of directories) await removeCgroup(join(hierarchy, directory));
}

async function removeCgroup(path: string): Promise<void> {
  const children = await readdir(path, { withFileTypes: true }).catch(() => []);
  if (!children.length) return;
  for (const child of children) if (child.isDirectory()) await removeCgroup(join(path, child.name));
  await rmdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'EBUSY') throw error; // busy: LXC reports it at the restore
  });
}
