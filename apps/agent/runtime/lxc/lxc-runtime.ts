import { spawn } from 'node:child_process';
import { existsSync, readFileSync, watch } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { UUID } from '#libs/common/names';
import { CommandError, run } from '../../network/commands.js';
import type { Runtime } from '../runtime.js';
import { renderConfig } from './config/render.js';
import type { CgroupLayout } from './config/limits.js';

const START_TIMEOUT_MS = 60_000;
const postStop = fileURLToPath(new URL('../../../../../apps/agent/runtime/lxc/post-stop.sh', import.meta.url));

/** Containers by LXC's tools. They live on when the agent ends. */
export class LxcRuntime implements Runtime {
  readonly name = 'lxc';
  private readonly cgroups = cgroupLayout();
  private readonly events: string;

  constructor(
    readonly lxcPath: string,
    stateDirectory: string,
    private readonly cgroupPrefix: string,
  ) {
    this.events = join(stateDirectory, 'events');
  }

  async configure(spec: InstanceSpec, rootfs: string, bridges: ReadonlyMap<string, string>): Promise<void> {
    const [monitor, container] = this.cgroupDirectories(spec.id);
    const config = renderConfig(spec, {
      rootfs,
      bridges,
      cgroups: this.cgroups,
      cgroupDirectories: { monitor: monitor!, container: container! },
      postStop: `${postStop} ${this.events}`,
    });
    await writeFile(join(this.lxcPath, spec.id, 'config'), config, { mode: 0o600 });
  }

  async start(instanceId: string): Promise<void> {
    const folder = join(this.lxcPath, instanceId);
    const log = join(folder, 'start.log');
    await rm(log, { force: true });
    const args = [
      '-n',
      instanceId,
      '-P',
      this.lxcPath,
      '-d',
      '-p',
      join(folder, 'monitor.pid'),
      '-o',
      log,
      '-l',
      'WARN',
    ];
    // Its monitor lives on: no pipe may be handed to it, or the end of it would be waited for.
    const child = spawn('lxc-start', args, { stdio: 'ignore', timeout: START_TIMEOUT_MS, cwd: '/' });
    const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve));
    if (status !== 0) throw new CommandError('lxc-start', status, (await tail(log)).toString('utf8').slice(-2000));
  }

  async stop(instanceId: string, timeoutSeconds: number): Promise<void> {
    const how = timeoutSeconds ? ['-t', String(timeoutSeconds)] : ['-k'];
    try {
      await run('lxc-stop', ['-n', instanceId, '-P', this.lxcPath, ...how], '', timeoutSeconds * 1000 + 30_000);
    } catch (error) {
      if (!(error instanceof CommandError) || (await this.initPid(instanceId))) throw error;
    }
  }

  async pause(instanceId: string): Promise<void> {
    await run('lxc-freeze', ['-n', instanceId, '-P', this.lxcPath]);
  }

  async unpause(instanceId: string): Promise<void> {
    await run('lxc-unfreeze', ['-n', instanceId, '-P', this.lxcPath]);
  }

  async initPid(instanceId: string): Promise<number> {
    return (await this.childOfMonitor(instanceId)) || (await this.askLxc(instanceId));
  }

  cgroupDirectories(instanceId: string): string[] {
    return [`${this.cgroupPrefix}/m-${instanceId}`, `${this.cgroupPrefix}/c-${instanceId}`];
  }

  async watch(listener: (instanceId: string) => void): Promise<void> {
    await mkdir(this.events, { recursive: true });
    watch(this.events, (_event, name) => {
      if (!name || !UUID.test(name)) return;
      rm(join(this.events, name), { force: true }).then(
        () => listener(name),
        () => listener(name),
      );
    });
  }

  consoleLog(instanceId: string): Promise<Buffer> {
    return tail(join(this.lxcPath, instanceId, 'start.log'));
  }

  /** Without a process: the monitor's only child. 0 where the pid file is of another process or there is none. */
  private async childOfMonitor(instanceId: string): Promise<number> {
    try {
      const monitor = (await readFile(join(this.lxcPath, instanceId, 'monitor.pid'), 'utf8')).trim();
      const command = await readFile(`/proc/${monitor}/cmdline`, 'utf8');
      if (!command.includes(instanceId)) return 0;
      const children = await readFile(`/proc/${monitor}/task/${monitor}/children`, 'utf8');
      return Number(children.trim().split(' ')[0] ?? 0);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ESRCH') return 0;
      throw error;
    }
  }

  private async askLxc(instanceId: string): Promise<number> {
    try {
      return Number((await run('lxc-info', ['-n', instanceId, '-P', this.lxcPath, '-p', '-H'])).trim() || 0);
    } catch (error) {
      if (error instanceof CommandError) return 0; // no such container
      throw error;
    }
  }
}

const TAIL_BYTES = 1 << 20;

async function tail(path: string): Promise<Buffer> {
  try {
    return (await readFile(path)).subarray(-TAIL_BYTES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function cgroupLayout(root = '/sys/fs/cgroup'): CgroupLayout {
  const unified = existsSync(`${root}/cgroup.controllers`)
    ? readFileSync(`${root}/cgroup.controllers`, 'utf8').split(/\s/)
    : [];
  const version = (name: string) => {
    if (existsSync(`${root}/${name}/cgroup.procs`)) return 'v1';
    return unified.includes(name) ? 'v2' : 'absent';
  };
  return {
    memory: version('memory'),
    memorySwap: existsSync(`${root}/memory/memory.memsw.limit_in_bytes`),
    cpu: version('cpu'),
    pids: version('pids'),
  };
}
