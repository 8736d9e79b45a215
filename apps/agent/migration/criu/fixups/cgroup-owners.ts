import { chmodSync, chownSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/unified';
/** Files of a delegated cgroup of version 2 that CRIU 4.2 makes root's (cgroups(7), "delegation"). */
const FILES = ['cgroup.procs', 'cgroup.threads'];
/** Files of a cgroup that the instance has made itself: systemd kills the rest of a service by the first, services open the others. */
const OF_ITS_MAKER = /^(cgroup\.kill|(cpu|io|irq|memory)\.pressure)$/;

/**
 * Gives the instance the files of its cgroups of version 2, at and below `cgroup`, where it owns the directory. Otherwise its
 * init could put no process into them, and no service would start after a move. Synchronous: a few dozen files.
 */
export function giveCgroups(cgroup: string, root = ROOT): void {
  const directory = join(root, cgroup);
  if (!existsSync(directory)) return;
  const { uid, gid, mode } = statSync(directory);
  for (const file of FILES.map((name) => join(directory, name)).filter((path) => existsSync(path))) {
    chownSync(file, uid, gid);
    chmodSync(file, mode & 0o666);
  }
  const itsOwn = uid !== 0; // LXC withholds those of the whole instance
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) giveCgroups(join(cgroup, entry.name), root);
    else if (itsOwn && OF_ITS_MAKER.test(entry.name)) chownSync(join(directory, entry.name), uid, gid);
}
