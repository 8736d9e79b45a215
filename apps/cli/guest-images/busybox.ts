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
/sbin/first-boot &
nc -ll -p 7 -e /bin/cat &
echo "ready"
while :; do wait; sleep 3600 & done
`;
/**
 * What cloud-init does, in small: takes host name, key and user data from the metadata service, once for an instance. A
 * server without a network, or on a host that serves no metadata, goes on without.
 */
const firstBoot = `#!/bin/sh
export PATH=/bin:/sbin
ip route add 169.254.169.254/32 dev eth0 2>/dev/null
get() { wget -q -T 5 -O - "http://169.254.169.254/latest/$1"; }
for try in 1 2 3 4 5 6 7 8 9 10; do id=$(get meta-data/instance-id) && break; sleep 1; done
[ -n "$id" ] && [ "$id" != "$(cat /etc/instance-id 2>/dev/null)" ] || exit 0
hostname "$(get meta-data/local-hostname)"
mkdir -p -m 700 /root/.ssh
key=$(get meta-data/public-keys/0/openssh-key) && echo "$key" >/root/.ssh/authorized_keys
get user-data >/root/user-data || rm -f /root/user-data
echo "$id" >/etc/instance-id
[ "$(head -c 2 /root/user-data 2>/dev/null)" = '#!' ] && chmod 700 /root/user-data && /root/user-data
exit 0
`;
const applets = [
  'sh',
  'cat',
  'chmod',
  'echo',
  'head',
  'hostname',
  'ip',
  'ls',
  'mkdir',
  'nc',
  'ping',
  'poweroff',
  'ps',
  'reboot',
  'rm',
  'sleep',
  'udhcpc',
  'wget',
];

/** What the image is made from; a change makes a new one. */
export const busyboxRecipe = { version: 2, init, firstBoot, applets };

/** Makes `busybox.tar.gz` in `directory`: a root file system with one static binary, for fast tests. */
export async function buildBusybox(directory: string): Promise<void> {
  const root = join(directory, 'root');
  for (const name of ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'sbin', 'sys', 'tmp'])
    await mkdir(join(root, name), { recursive: true });
  await copyFile(join(await hostRoot(), 'usr/bin/busybox'), join(root, 'bin/busybox'));
  await chmod(join(root, 'bin/busybox'), 0o755);
  for (const name of applets) await symlink('busybox', join(root, 'bin', name));
  await writeFile(join(root, 'sbin/init'), init);
  await writeFile(join(root, 'sbin/first-boot'), firstBoot);
  for (const name of ['init', 'first-boot']) await chmod(join(root, 'sbin', name), 0o755);
  await chmod(join(root, 'tmp'), 0o1777);
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await writeFile(join(root, 'etc/group'), 'root:x:0:\n');
  await archive(root, join(directory, 'busybox.tar.gz'));
}
