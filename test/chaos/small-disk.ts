import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '#apps/cli/fleet/layout';
import { command } from '#apps/cli/process/command';
import { isMountPoint } from '#apps/cli/process/mounts';
import { SimHost } from '#apps/cli/simhost/sim-host';

/** Size of the disk, which the scheduler counts; the file is sparse. */
const DISK_BYTES = 8 * 2 ** 30;
const RUN_BYTES = 256 << 20;
/**
 * The file systems of a host, by their paths inside it: its agent's state (images, instances, records), and where moves
 * keep memory.
 */
const PLACES = { disk: '/var/lib/lxstack-agent', memory: '/run' } as const;

/**
 * Gives a host's agent an ext4 of its own for its state, and the host a small /run, so that each can be filled alone.
 */
export class SmallDisk {
  private readonly simHost: SimHost;
  private readonly state: string;
  private readonly image: string;

  constructor(layout: Layout, host: string) {
    this.simHost = new SimHost(layout, host, '');
    this.state = layout.host(host).agentState;
    this.image = join(layout.host(host).directory, 'disk.ext4');
  }

  /** Call it before the host starts, so that its mount namespace has the mount. */
  async mount(): Promise<void> {
    if (await isMountPoint(this.state)) return;
    await mkdir(this.state, { recursive: true });
    await command('truncate', ['--size', String(DISK_BYTES), this.image]);
    await command('mkfs.ext4', ['-q', '-F', '-m', '0', this.image]);
    await command('mount', ['-o', 'loop', this.image, this.state]);
  }

  /** Call it when the host has ended. */
  async unmount(): Promise<void> {
    if (await isMountPoint(this.state)) await command('umount', [this.state]);
  }

  /** Makes /run of the running host small. */
  async narrowRun(): Promise<void> {
    await this.simHost.run(['mount', '-o', `remount,size=${RUN_BYTES}`, PLACES.memory]);
  }

  /** Fills the file system to its last block; other writers find none either. */
  async fill(what: keyof typeof PLACES): Promise<void> {
    const ballast = `${PLACES[what]}/chaos-ballast`;
    // fallocate takes what is left in halves: one call for all of it fails where another writer takes a block
    // meanwhile.
    const script = `
: > "$1"
size=$(( $(stat -f -c '%a * %S' "\${1%/*}") ))
at=0
while [ $size -ge 4096 ]; do
  if fallocate -o $at -l $size "$1" 2>/dev/null; then at=$((at + size)); else size=$((size / 2)); fi
done`;
    await this.simHost.run(['sh', '-c', script, 'fill', ballast]);
  }

  async empty(): Promise<void> {
    await this.simHost.run(['rm', '-f', ...Object.values(PLACES).map((place) => `${place}/chaos-ballast`)]);
  }

  /** Removes the image file of an ended host. */
  async remove(): Promise<void> {
    await this.unmount();
    await rm(this.image, { force: true });
  }
}
