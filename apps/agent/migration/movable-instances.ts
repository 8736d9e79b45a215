import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import type { Logger } from '#libs/common/logger';
import type { DiskStreams } from '../storage/disk-streams.js';
import type { Network } from '../network/network.js';

/** What a move needs of the rest of the agent: its instances, their disks and records. */
export interface MovableInstances {
  /** LXC's directory of containers (`lxc-checkpoint -P`). */
  readonly lxcPath: string;
  /** The spec of an instance of this host; throws NotFoundError. */
  spec(instanceId: string): Promise<InstanceSpec>;
  /** Pid of its init, 0 where it does not run. */
  initPid(instanceId: string): Promise<number>;
  /** Where roots go as streams (btrfs). */
  readonly streams: DiskStreams | undefined;
  /** Directory of what the instance has written (overlay: the upper; dir: its root). */
  writableLayer(instanceId: string): string;
  /** Whether instances lie on storage that all hosts share: then no disk is sent. */
  readonly sharedDisks: boolean;
  /** Its `lxc.cgroup.dir.*`, relative to each hierarchy's root. */
  cgroupDirectories(instanceId: string): string[];
  /** Target: image, empty disk, mount, container configuration, record INCOMING. Repeated calls find it done. */
  prepareIncoming(spec: InstanceSpec, nextEpoch: number): Promise<void>;
  /** Target, before the commit has its effect: the record says whose it is from now on. Durable when it returns. */
  commitIncoming(instanceId: string, epoch: number, state: 'running' | 'stopped'): Promise<void>;
  /** Target: nothing of it stays. */
  discardIncoming(instanceId: string): Promise<void>;
  /** Source, after the commit: whatever still runs of it here is killed. */
  kill(instanceId: string): Promise<void>;
  /** Source, at the commit: record OUTGOING; nothing of it may be started here. Durable when it returns. */
  commitOutgoing(instanceId: string): Promise<void>;
  /** Source, on release: container, disk, record of before epoch `movedTo`. Not there is a success, running is refused. */
  releaseOutgoing(instanceId: string, movedTo: number): Promise<void>;
  /** A resize on this host is confirmed: what was kept for it goes. Not there is a success. */
  releaseKept(instanceId: string, migrationId: string): Promise<void>;
  /** Source of a cold move, or host of a resize: it is the instance again, stopped, under this epoch. */
  revertOutgoing(instanceId: string, migrationId: string, epoch: number): Promise<void>;
}

/** What the control plane says of an instance (ControlPlane.GetOwnership). */
export interface OwnershipAnswer {
  exists: boolean;
  owned: boolean;
  /** Deleted on purpose; `epoch` is its last one. */
  deleted: boolean;
  epoch: number;
}

export interface MigrationDeps {
  hostname: string;
  instances: MovableInstances;
  network: Network;
  logger: Logger;
  pkiDirectory: string;
  /** Kept over restarts: one JSON file per migration in `migrations/`. */
  stateDirectory: string;
  /** On a tmpfs: images and FIFOs, `moves/ID/`. */
  runDirectory: string;
  /** host:port where this agent takes migrations. */
  dataListen: string;
  /** Whether this host can map pages in after a restore (capability `lazy-pages`). */
  lazyPages(): Promise<boolean>;
  /** Whether its kernel tracks writes to memory (capability `soft-dirty`). */
  tracksWrites(): Promise<boolean>;
  /** Asks the control plane; rejects where it does not answer. */
  ownership(instanceId: string): Promise<OwnershipAnswer>;
}
