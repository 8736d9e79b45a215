import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FloorHosts } from './floor-hosts.js';

/** A clone (an overlay mount) and `lxc-start` by hand, on one host. */
export class FloorLaunch {
  private readonly directory: string;
  private count = 0;

  constructor(
    private readonly hosts: FloorHosts,
    private readonly image: string,
  ) {
    this.directory = join(hosts.shared, 'h1-lxc');
  }

  async prepare(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const init = existsSync(join(this.image, 'init')) ? 'lxc.init.cmd = /init\n' : '';
    const config = this.hosts.config('h1', '@NAME@', '@ROOT@', false);
    await writeFile(join(this.directory, 'template'), config + init);
  }

  /** Launches a container and removes it; returns the milliseconds from the clone to RUNNING. */
  async launch(): Promise<number> {
    const name = `launch${++this.count}`;
    const own = join(this.directory, name);
    const micros = Number(await this.hosts.on('h1', '/floor/launch.sh', name, this.image, this.directory));
    await this.hosts.on('h1', 'lxc-stop', '-k', '-n', name, '-P', this.directory);
    await this.hosts.on('h1', 'umount', join(own, 'rootfs'));
    await rm(own, { recursive: true });
    return micros / 1000;
  }
}
