import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from '../process/command.js';
import { cached } from './cache.js';
import { debootstrap } from './debootstrap.js';
import { debianMirror } from './mirror.js';

const recipe = {
  version: 1,
  suite: 'trixie',
  // trixie's CRIU cannot dump an inet socket on kernels from 6.16 on; the next release's can.
  criuSuite: 'forky',
  packages: [
    ...['lxc', 'iproute2', 'nftables', 'dnsmasq-base', 'busybox-static', 'procps', 'iputils-arping', 'rsync', 'kmod'],
    ...['xz-utils', 'zstd', 'btrfs-progs', 'attr', 'libatomic1'],
  ],
};

/** Path of the root file system that all simulated hosts share: Debian 13 with LXC and CRIU >= 4.2.1. */
export function hostRoot(): Promise<string> {
  return cached('host-root', recipe, build);
}

async function build(directory: string, logFile: string): Promise<void> {
  await debootstrap(directory, recipe, logFile);
  const mirror = await debianMirror();
  await mkdir(join(directory, 'etc/apt/preferences.d'), { recursive: true });
  await writeFile(join(directory, 'etc/apt/sources.list.d/criu.list'), `deb ${mirror} ${recipe.criuSuite} main\n`);
  const pin = `Package: *\nPin: release n=${recipe.criuSuite}\nPin-Priority: 100\n`;
  await writeFile(join(directory, 'etc/apt/preferences.d/criu'), pin);
  const apt = (...args: string[]) =>
    command('chroot', [directory, 'apt-get', '-o', 'Acquire::Check-Valid-Until=false', ...args], {
      logFile,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  await apt('update');
  await apt('install', '-y', '--no-install-recommends', '-t', recipe.criuSuite, 'criu');
  await apt('clean');
}
