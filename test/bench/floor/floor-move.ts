import { mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PingPongSession } from '#apps/cli/client/ping-pong-session';
import { floorAddress } from './floor-hosts.js';
import type { FloorHostName, FloorHosts } from './floor-hosts.js';

/** A guest that is moved to and fro by hand. */
export class FloorMove {
  private at: FloorHostName = 'h1';

  constructor(
    private readonly hosts: FloorHosts,
    private readonly guest: string,
    private readonly root: string,
    private readonly environment: Record<string, string> = {},
  ) {}

  async start(): Promise<void> {
    for (const host of ['h1', 'h2'] as const) {
      const directory = join(this.hosts.shared, `${host}-lxc`, this.guest);
      await mkdir(directory, { recursive: true });
      const init = existsSync(join(this.root, 'init')) ? 'lxc.init.cmd = /init\n' : '';
      await writeFile(join(directory, 'config'), this.hosts.config(host, this.guest, this.root, true) + init);
    }
    await this.hosts.on('h1', 'lxc-start', '-n', this.guest, '-P', join(this.hosts.shared, 'h1-lxc'));
    await sleep(3000);
  }

  /** Starts a command in the guest that outlives this call. */
  async background(...words: string[]): Promise<void> {
    const attach = [
      'lxc-attach',
      '-n',
      this.guest,
      '-P',
      join(this.hosts.shared, `${this.at}-lxc`),
      '--clear-env',
      '--',
    ];
    await this.hosts.on(this.at, ...attach, ...words);
  }

  /**
   * Moves the guest to the other host under a ping-pong client; returns the longest silence in milliseconds. Throws
   * where a message is lost.
   */
  async move(): Promise<number> {
    const to: FloorHostName = this.at === 'h1' ? 'h2' : 'h1';
    const session = await PingPongSession.open(this.hosts.clientNamespace, floorAddress);
    await sleep(500);
    await this.hosts.script('move.sh', [this.at, to, this.guest], this.environment);
    this.at = to;
    await sleep(700);
    const report = await session.close();
    if (!report.open) throw new Error(`the floor's own move broke the connection: ${report.failure}`);
    return report.longestGapMs;
  }

  async stop(): Promise<void> {
    await this.hosts.on(this.at, 'lxc-stop', '-k', '-n', this.guest, '-P', join(this.hosts.shared, `${this.at}-lxc`));
  }
}
