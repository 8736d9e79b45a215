import type { Runtime } from '../runtime.js';

/** Instances are entries in memory, without containers, so that one process can be many hosts. */
export class SimulatedRuntime implements Runtime {
  readonly name = 'simulated';
  private readonly pids = new Map<string, number>();
  /** Above Linux's highest pid (PID_MAX_LIMIT), so that none of these is the pid of a real process. */
  private nextPid = 2 ** 22 + 1;

  /** `running`: instances that ran when the agent before ended. */
  constructor(
    readonly lxcPath: string,
    running: readonly string[] = [],
  ) {
    for (const id of running) this.pids.set(id, this.nextPid++);
  }

  check(): void {}

  async configure(): Promise<void> {}

  async start(instanceId: string): Promise<void> {
    this.pids.set(instanceId, this.nextPid++);
  }

  async stop(instanceId: string): Promise<void> {
    this.pids.delete(instanceId);
  }

  async pause(): Promise<void> {}
  async unpause(): Promise<void> {}

  async initPid(instanceId: string): Promise<number> {
    return this.pids.get(instanceId) ?? 0;
  }

  settledInitPid(instanceId: string): Promise<number> {
    return this.initPid(instanceId);
  }

  cgroupDirectories(): string[] {
    return [];
  }

  async watch(): Promise<void> {}

  async consoleLog(): Promise<Buffer> {
    return Buffer.alloc(0);
  }
}
