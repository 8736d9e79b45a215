import type { Runtime } from '../runtime.js';

/** No containers: instances are entries in memory, so that one process can be many hosts. */
export class SimulatedRuntime implements Runtime {
  readonly name = 'simulated';
  private readonly pids = new Map<string, number>();
  /** Above what Linux gives (PID_MAX_LIMIT): no process of the machine is taken for one of these. */
  private nextPid = 2 ** 22 + 1;

  /** `running`: these ran when the agent ended, and did not end with it. */
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
