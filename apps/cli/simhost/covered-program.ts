import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '../fleet/layout.js';
import { SimHost } from './sim-host.js';

/** Directory of the scripts inside the host, in its agent's state, which this machine can reach too. */
export const COVER = '/var/lib/lxstack-agent/faults';

/**
 * Covers a program of one host with a script of the same name, as a broken package would: for faults that LXStack has
 * no hook for.
 */
export class CoveredProgram {
  private readonly simHost: SimHost;
  private readonly outside: string;

  constructor(
    layout: Layout,
    host: string,
    /** Path of the program inside the host. */
    private readonly program: string,
  ) {
    this.simHost = new SimHost(layout, host, '');
    this.outside = join(layout.host(host).agentState, 'faults');
  }

  /** Path of the program itself, for the scripts. */
  get real(): string {
    return `${this.covering}.real`;
  }

  /**
   * Covers the program, instead of the present cover. `others`: files that the script needs, in COVER by their names.
   */
  async cover(script: string, others: Record<string, string> = {}): Promise<void> {
    await this.uncover();
    await mkdir(this.outside, { recursive: true });
    for (const [name, text] of Object.entries({ ...others, [this.name]: script })) {
      await writeFile(join(this.outside, name), text);
      await chmod(join(this.outside, name), 0o755);
    }
    await this.simHost.run(['cp', this.program, this.real]);
    await this.simHost.run(['mount', '--bind', this.covering, this.program]);
  }

  /** Removes the cover, if there is one. */
  async uncover(): Promise<void> {
    const mounts = await this.simHost.run(['cat', '/proc/self/mounts']);
    if (mounts.split('\n').some((line) => line.split(' ')[1] === this.program))
      await this.simHost.run(['umount', this.program]);
    await this.simHost.run(['rm', '-rf', COVER]);
  }

  private get name(): string {
    return this.program.slice(this.program.lastIndexOf('/') + 1);
  }

  private get covering(): string {
    return `${COVER}/${this.name}`;
  }
}
