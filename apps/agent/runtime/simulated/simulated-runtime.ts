import type { Runtime } from '../runtime.js';

/** No containers: instances are entries in memory, so that one process can be many hosts. */
export class SimulatedRuntime implements Runtime {
  readonly name = 'simulated';
  private readonly pids = new Map<string, number>();
  private nextPid = 100_000;

  constructor(readonly lxcPath: string) {}

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
