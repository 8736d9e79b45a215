import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';

export type PowerState = 'stopped' | 'running' | 'paused';

/** `reboot`: it was asked for from inside. */
export type EndListener = (instanceId: string, target: 'stop' | 'reboot') => void;

/** Makes containers run. The container's name is the instance's id. */
export interface Runtime {
  readonly name: 'lxc' | 'simulated';
  /** LXC's directory of containers (`-P`): `ID/config` in it is the container's configuration. */
  readonly lxcPath: string;
  /** Throws InvalidInputError for what it cannot offer. */
  check(spec: InstanceSpec): void;
  /** Writes what start needs. `bridges` gives the bridge per network id. */
  configure(spec: InstanceSpec, rootfs: string, bridges: ReadonlyMap<string, string>): Promise<void>;
  /** Resolves when its init runs; running already is a success. */
  start(instanceId: string): Promise<void>;
  /** Clean shutdown, killed after `timeoutSeconds`; 0 kills at once. Not running is a success. */
  stop(instanceId: string, timeoutSeconds: number): Promise<void>;
  pause(instanceId: string): Promise<void>;
  unpause(instanceId: string): Promise<void>;
  /** Pid of its init in the host's pid namespace; 0 where it does not run. */
  initPid(instanceId: string): Promise<number>;
  /** The same once it is not in the middle of starting, ending or rebooting any more (some seconds at most). */
  settledInitPid(instanceId: string): Promise<number>;
  cgroupDirectories(instanceId: string): string[];
  /** `listener` is told of each instance that has ended, asked to or not, those of the agent's absence first. */
  watch(listener: EndListener): Promise<void>;
  /** What LXC said at its start, then the last `lines` of what it logs itself; 1 MiB at most. */
  consoleLog(instanceId: string, lines: number): Promise<Buffer>;
}
