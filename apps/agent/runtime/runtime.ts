import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';

export type PowerState = 'stopped' | 'running' | 'paused';

/** `reboot`: the guest asked for it. */
export type EndListener = (instanceId: string, target: 'stop' | 'reboot') => void;

/** Runs containers. A container's name is the instance's id. */
export interface Runtime {
  readonly name: 'lxc' | 'simulated';
  /** LXC's directory of containers (`-P`): `ID/config` in it is a container's configuration. */
  readonly lxcPath: string;
  /** Throws InvalidInputError for a spec that this runtime cannot offer. */
  check(spec: InstanceSpec): void;
  /** Writes the container's configuration. `bridges`: name of the bridge by network id. */
  configure(spec: InstanceSpec, rootfs: string, bridges: ReadonlyMap<string, string>): Promise<void>;
  /** Resolves when the container's init runs; running already is a success. */
  start(instanceId: string): Promise<void>;
  /** Shuts the container down, and kills it after `timeoutSeconds`; 0 kills at once. Not running is a success. */
  stop(instanceId: string, timeoutSeconds: number): Promise<void>;
  pause(instanceId: string): Promise<void>;
  unpause(instanceId: string): Promise<void>;
  /** Pid of the container's init in the host's pid namespace; 0 where it does not run. */
  initPid(instanceId: string): Promise<number>;
  /** As `initPid`, after a start, end or reboot under way has ended (some seconds at most). */
  settledInitPid(instanceId: string): Promise<number>;
  cgroupDirectories(instanceId: string): string[];
  /**
   * Calls `listener` for each instance that has ended, for whatever reason; first for those that ended while no agent
   * ran.
   */
  watch(listener: EndListener): Promise<void>;
  /** What LXC said at the start, then the last `lines` of the instance's own log; at most 1 MiB. */
  consoleLog(instanceId: string, lines: number): Promise<Buffer>;
}
