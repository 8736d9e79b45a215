import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostRoot } from '../hostroot/host-root.js';
import { archive } from './archive.js';

/** The init is a shell: it starts at once, and ends at once when it is asked to. */
const init = `#!/bin/sh
export PATH=/bin:/sbin
trap 'poweroff -f' PWR TERM
trap 'reboot -f' INT
ip link set lo up
nc -ll -p 7 -e /bin/cat &
echo "ready"
while :; do wait; sleep 3600 & done
`;
const applets = [
  'sh',
  'cat',
  'echo',
  'hostname',
  'ip',
  'ls',
  'mkdir',
  'nc',
  'ping',
  'poweroff',
  'ps',
  'reboot',
  'sleep',
];

/** What the image is made from; a change makes a new one. */
export const busyboxRecipe = { version: 1, init, applets };

/** Makes `busybox.tar.gz` in `directory`: a root file system with one static binary, for fast tests. */
export async function buildBusybox(directory: string): Promise<void> {
  const root = join(directory, 'root');
  for (const name of ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'sbin', 'sys', 'tmp'])
    await mkdir(join(root, name), { recursive: true });
  await copyFile(join(await hostRoot(), 'usr/bin/busybox'), join(root, 'bin/busybox'));
  await chmod(join(root, 'bin/busybox'), 0o755);
  for (const name of applets) await symlink('busybox', join(root, 'bin', name));
  await writeFile(join(root, 'sbin/init'), init);
  await chmod(join(root, 'sbin/init'), 0o755);
  await chmod(join(root, 'tmp'), 0o1777);
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await writeFile(join(root, 'etc/group'), 'root:x:0:\n');
  await archive(root, join(directory, 'busybox.tar.gz'));
}
