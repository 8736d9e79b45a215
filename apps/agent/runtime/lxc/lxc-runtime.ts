import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { sleep } from '#libs/common/clock';
import { InvalidInputError } from '#libs/common/errors';
import { Freezer } from '../../fence/freezer.js';
import { isPrivileged } from '../../images/id-maps.js';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';
import { replaceFile } from '../../state/atomic-file.js';
import type { EndListener, Runtime } from '../runtime.js';
import { checkSpec, renderConfig } from './config/render.js';
import type { CgroupLayout } from './config/limits.js';
import { readOwnLog } from './own-log.js';
import { initPidIn } from './container-init.js';
import { monitorState } from './monitor-state.js';
import { removeStaleCgroups } from './stale-cgroups.js';
import { watchEnds } from './end-events.js';

const START_TIMEOUT_MS = 60_000;
/** Milliseconds that LXC's monitor may take to end or to begin again. */
const SETTLE_MS = 10_000;
const SETTLE_STEP_MS = 20;
const statefulRun = fileURLToPath(new URL('../../../../../apps/agent/runtime/lxc/stateful-run.sh', import.meta.url));
const postStop = fileURLToPath(new URL('../../../../../apps/agent/runtime/lxc/post-stop.sh', import.meta.url));

/** Runs containers by LXC's tools. They run on when the agent ends. */
export class LxcRuntime implements Runtime {
  readonly name = 'lxc';
  private readonly cgroups = cgroupLayout();
  private readonly events: string;
  private readonly freezer = new Freezer();

  constructor(
    readonly lxcPath: string,
    stateDirectory: string,
    private readonly cgroupPrefix: string,
    private readonly allowsPrivileged: boolean,
  ) {
    this.events = join(stateDirectory, 'events');
  }

  check(spec: InstanceSpec): void {
    if (isPrivileged(spec) && !this.allowsPrivileged)
      throw new InvalidInputError(
        'config.security.privileged',
        'false on a host without LXSTACK_AGENT_PRIVILEGED=true',
      );
    checkSpec(spec, this.cgroups);
  }

  async configure(spec: InstanceSpec, rootfs: string, bridges: ReadonlyMap<string, string>): Promise<void> {
    const [monitor, container] = this.cgroupDirectories(spec.id);
    const config = renderConfig(spec, {
      rootfs,
      bridges,
      cgroups: this.cgroups,
      cgroupDirectories: { monitor: monitor!, container: container! },
      postStop: `${postStop} ${this.events}`,
      statefulRun,
    });
    await replaceFile(join(this.lxcPath, spec.id, 'config'), config);
  }

  async start(instanceId: string): Promise<void> {
    if (await this.settledInitPid(instanceId)) {
      if (await this.isRunning(instanceId)) return;
      await this.kill(instanceId); // also kills the init of a start that hangs
    }
    await removeStaleCgroups(this.cgroupDirectories(instanceId));
    const log = join(this.lxcPath, instanceId, 'start.log');
    await rm(log, { force: true });
    const args = ['-n', instanceId, '-P', this.lxcPath, '-d', '-o', log, '-l', 'WARN'];
    // `ignore` instead of a pipe: LXC's monitor lives on, and Node would wait for the pipe's end.
    const child = spawn('lxc-start', args, { stdio: 'ignore', timeout: START_TIMEOUT_MS, cwd: '/' });
    const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('exit', resolve));
    // An attempt of an agent that was killed may have succeeded; and an init may have ended at once.
    if ((await this.settledInitPid(instanceId)) && (status === 0 || (await this.isRunning(instanceId)))) return;
    await this.kill(instanceId);
    throw new CommandError(
      'lxc-start',
      status,
      whatFailed((await tail(log)).toString('utf8')) || 'its init ended at once',
    );
  }

  /** Whether LXC's monitor says RUNNING, which comes after every step of a start that can fail. */
  private async isRunning(instanceId: string): Promise<boolean> {
    return ['RUNNING', 'FROZEN'].includes(await monitorState(this.lxcPath, instanceId));
  }

  /** Removes what a failed start left, with its monitor. */
  private async kill(instanceId: string): Promise<void> {
    await this.stop(instanceId, 0).catch(() => undefined); // a monitor that hangs does not answer
    for (const cgroup of this.cgroupDirectories(instanceId))
      if (this.freezer.isPopulated(cgroup)) this.freezer.kill(cgroup);
    await this.removeCgroups(instanceId);
  }

  /** Removes the cgroups once nothing is in them: a monitor that was killed leaves them. Gives up on what does not end. */
  private async removeCgroups(instanceId: string): Promise<void> {
    const cgroups = this.cgroupDirectories(instanceId);
    const until = Date.now() + SETTLE_MS;
    while (cgroups.some((cgroup) => this.freezer.isPopulated(cgroup)) && Date.now() < until)
      await sleep(SETTLE_STEP_MS);
    await removeStaleCgroups(cgroups);
  }

  async stop(instanceId: string, timeoutSeconds: number): Promise<void> {
    if (!(await this.isMonitored(instanceId)) && !(await this.initPid(instanceId))) return;
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

  initPid(instanceId: string): Promise<number> {
    return initPidIn(this.cgroupDirectories(instanceId)[1]!);
  }

  async settledInitPid(instanceId: string): Promise<number> {
    for (const until = Date.now() + SETTLE_MS; ; await sleep(SETTLE_STEP_MS)) {
      const pid = await this.initPid(instanceId);
      if (pid || Date.now() > until || !(await this.isMonitored(instanceId))) return pid;
    }
  }

  cgroupDirectories(instanceId: string): string[] {
    return [`${this.cgroupPrefix}/m-${instanceId}`, `${this.cgroupPrefix}/c-${instanceId}`];
  }

  watch(listener: EndListener): Promise<void> {
    return watchEnds(this.events, listener);
  }

  async consoleLog(instanceId: string, lines: number): Promise<Buffer> {
    const own = await readOwnLog(this.lxcPath, instanceId, await this.initPid(instanceId), lines);
    const start = await tail(join(this.lxcPath, instanceId, 'start.log'));
    return Buffer.concat([start, own]).subarray(-TAIL_BYTES); // the last lines are those of the instance
  }

  /**
   * Whether LXC's monitor runs (of a start or a restore): it listens on an abstract socket of the host's network
   * namespace.
   */
  private async isMonitored(instanceId: string): Promise<boolean> {
    const socket = ` @${join(this.lxcPath, instanceId, 'command')}\n`;
    return (await readFile('/proc/self/net/unix', 'utf8')).includes(socket);
  }
}

/** LXC's errors, the first ones first: the later ones follow from them. */
function whatFailed(log: string): string {
  const errors = log.split('\n').filter((line) => / ERROR /.test(line));
  return (errors.length ? errors.join('\n') : log.slice(-2000)).slice(0, 2000);
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
    devices: existsSync(`${root}/devices/cgroup.procs`) ? 'v1' : 'v2', // by eBPF, without a controller
  };
}
