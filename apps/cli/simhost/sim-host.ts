import { readFile, rm, mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLIENT_HOST, HOST_REPOSITORY, repository } from '../fleet/layout.js';
import type { Layout } from '../fleet/layout.js';
import { command } from '../process/command.js';
import { logTail, startDaemon } from '../process/daemon.js';
import { readPidFile } from '../process/pid-file.js';
import { mountBtrfs } from './btrfs-disk.js';
import { ensureMember } from './underlay.js';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Path of Node inside a host. */
export const HOST_NODE = `${HOST_REPOSITORY}/node_modules/node/bin/node`;

/** A simulated host: a network and a mount namespace on the prepared root, kept by a holder process. */
export class SimHost {
  constructor(
    readonly layout: Layout,
    readonly name: string,
    readonly address: string,
  ) {}

  private get holder(): string {
    return `host-${this.name}`;
  }

  /** Whether the host's holder process lives. */
  async running(): Promise<boolean> {
    return (await readPidFile(this.layout.pidFile(this.holder))) !== undefined;
  }

  /** False for the client's host, which runs no instances. */
  get keepsInstances(): boolean {
    return this.name !== CLIENT_HOST;
  }

  /** Makes the host unless it runs. `onBtrfs`: its agent's state lies on a btrfs of its own. */
  async start(hostRoot: string, onBtrfs: boolean): Promise<void> {
    await ensureMember(this.layout, this.name, this.address);
    if (await this.running()) return;
    const { directory, agentState } = this.layout.host(this.name);
    // What an ended host wrote outside its agent's state is removed; the overlay's work directory cannot be used twice.
    for (const part of ['upper', 'work', 'root']) await rm(`${directory}/${part}`, { recursive: true, force: true });
    await mkdir(agentState, { recursive: true, mode: 0o755 });
    await mkdir(this.layout.shared, { recursive: true, mode: 0o711 });
    if (onBtrfs && this.keepsInstances) await mountBtrfs(agentState, hostRoot);
    const script = `${repository}/apps/cli/simhost/host-namespace.sh`;
    await startDaemon(this.layout, {
      name: this.holder,
      program: 'nsenter',
      args: [
        ...[`--net=/run/netns/${this.layout.namespace(this.name)}`, '--', 'unshare', '-m', '--propagation', 'private'],
        ...['bash', script, directory, hostRoot, agentState, repository, this.layout.shared],
      ],
    });
    await this.untilHeld();
  }

  /** The words before a command that run it inside the host. */
  async enter(env: Record<string, string> = {}): Promise<string[]> {
    const pid = await readPidFile(this.layout.pidFile(this.holder));
    if (pid === undefined) throw new Error(`host ${this.name} does not run`);
    const variables = Object.entries({ PATH, HOME: '/root', ...env }).map(([key, value]) => `${key}=${value}`);
    return ['nsenter', '-t', String(pid), '-m', '-n', '-r', '-w', '--', 'env', '-i', ...variables];
  }

  /** Runs a command inside the host; returns its stdout. Throws CommandError. */
  async run(args: string[]): Promise<string> {
    const [program, ...rest] = await this.enter();
    return command(program!, [...rest, ...args]);
  }

  /** Waits until the holder has become `sleep`: then the namespaces are complete. */
  private async untilHeld(): Promise<void> {
    for (let i = 0; i < 1000; i++) {
      const pid = await readPidFile(this.layout.pidFile(this.holder));
      if (pid === undefined) throw new Error(`host ${this.name}: ${await logTail(this.layout, this.holder)}`);
      if ((await readFile(`/proc/${pid}/comm`, 'utf8')).trim() === 'sleep') return;
      await sleep(10);
    }
    throw new Error(`host ${this.name} did not come up: ${await logTail(this.layout, this.holder)}`);
  }
}
