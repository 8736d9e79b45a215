import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { standstill } from './criu-stats.js';
import type { FloorHosts } from './floor-hosts.js';

/** One guest without a NIC that CRIU dumps and restores on one host: less than this no live move can take. */
export class CriuAlone {
  private readonly name: string;

  constructor(
    private readonly hosts: FloorHosts,
    guest: string,
    private readonly root: string,
  ) {
    this.name = `alone-${guest}`;
  }

  async start(): Promise<void> {
    const directory = join(this.lxcPath, this.name);
    await mkdir(directory, { recursive: true });
    const lines = this.hosts.config('h1', this.name, this.root, false).split('\n');
    const config = [...lines.filter((line) => !line.startsWith('lxc.net.')), 'lxc.net.0.type = empty'];
    if (existsSync(join(this.root, 'init'))) config.push('lxc.init.cmd = /init');
    await writeFile(join(directory, 'config'), `${config.filter(Boolean).join('\n')}\n`);
    await this.hosts.on('h1', 'lxc-start', '-n', this.name, '-P', this.lxcPath);
    await sleep(3000);
  }

  /** Dumps and restores it; milliseconds that it stood still: from the freeze to the dump's end, and the whole restore. */
  async move(): Promise<number> {
    await this.hosts.script('criu-alone.sh', ['h1', this.name]);
    const images = join(this.hosts.shared, 'img', 'alone');
    return (await standstill(images, 'dump')) + (await standstill(images, 'restore'));
  }

  async stop(): Promise<void> {
    await this.hosts.on('h1', 'lxc-stop', '-k', '-n', this.name, '-P', this.lxcPath);
  }

  private get lxcPath(): string {
    return join(this.hosts.shared, 'h1-lxc');
  }
}
