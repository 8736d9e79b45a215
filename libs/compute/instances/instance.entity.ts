import { Column, Entity, Exclusion, PrimaryColumn } from 'typeorm';
import { BigintColumn, Timestamps } from '#libs/database/columns';

/** Nova's vm_states, as far as containers have them. */
export type VmState =
  'building' | 'active' | 'paused' | 'stopped' | 'resized' | 'error' | 'deleted' | 'shelved_offloaded';

/** Nova's task_states: what an operation is doing to the instance; null where no operation runs. */
export type TaskState =
  | 'scheduling'
  | 'networking'
  | 'spawning'
  | 'powering-on'
  | 'powering-off'
  | 'rebooting'
  | 'reboot_started_hard'
  | 'pausing'
  | 'unpausing'
  | 'rebuilding'
  | 'migrating'
  | 'resize_prep'
  | 'resize_migrating'
  | 'resize_finish'
  | 'resize_reverting'
  | 'deleting';

/** Nova's power_state numbers: 0 pending, 1 running, 3 paused, 4 shutdown, 6 crashed. */
export type PowerState = 0 | 1 | 3 | 4 | 6;

/** The flavor as it was when the instance got it: later changes of the flavor do not touch it. */
export interface InstanceFlavor {
  id: string;
  name: string;
  vcpus: number;
  ramMb: number;
  diskGb: number;
  extraSpecs: Record<string, string>;
}

export interface InstanceFault {
  code: number;
  /** May name hosts, paths and logs: only administrators see it, members see what `publicFailure` makes of it. */
  message: string;
  /** Class of the error; absent in rows written before it was kept. */
  type?: string;
  details?: string;
  created: string;
}

/** A system container (Nova: server; LXD: instance). `InstanceTransitions` alone writes its states. */
@Entity('instances')
@Exclusion(
  'id_ranges',
  'USING gist (int8range(idmap_base, idmap_base::bigint + idmap_size) WITH &&) WHERE (deleted_at IS NULL AND idmap_base IS NOT NULL)',
)
export class Instance extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  hostname: string;

  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  @Column({ type: 'text', name: 'user_id' })
  userId: string;

  /** Nova's flavor, as a copy; null where the instance was made without one (LXD: limits in its configuration). */
  @Column({ type: 'jsonb', nullable: true })
  flavor: InstanceFlavor | null;

  /**
   * `vcpus`, `memory_mb` and `disk_gb` are what the instance takes of its host: quotas, claims and plans read them,
   * never the flavor.
   */
  @Column({ type: 'int' })
  vcpus: number;

  /** MiB. */
  @Column({ type: 'int', name: 'memory_mb' })
  memoryMb: number;

  /** GiB; 0: the root disk has no limit. */
  @Column({ type: 'int', name: 'disk_gb' })
  diskGb: number;

  /** The flavor that a revert gives back, while vm_state is `resized`. */
  @Column({ type: 'jsonb', name: 'old_flavor', nullable: true })
  oldFlavor: InstanceFlavor | null;

  /** Null where the root was made without an image (LXD: source `none`). */
  @Column({ type: 'uuid', name: 'image_id', nullable: true })
  imageId: string | null;

  /** LXD: the instance is deleted when it stops. */
  @Column({ type: 'boolean', default: false })
  ephemeral: boolean;

  /**
   * True where a face that addresses instances by name (LXD's) made it: no other instance of the project with this
   * flag has the name (index instances_unique_name). Nova's faces leave it false, so their names may repeat and never
   * bar one of LXD's.
   */
  @Column({ type: 'boolean', name: 'name_is_unique', default: false })
  nameIsUnique: boolean;

  @Column({ type: 'uuid', name: 'host_id', nullable: true })
  hostId: string | null;

  @Column({ type: 'text', name: 'availability_zone', nullable: true })
  availabilityZone: string | null;

  @Column({ type: 'text', name: 'vm_state' })
  vmState: VmState;

  @Column({ type: 'text', name: 'task_state', nullable: true })
  taskState: TaskState | null;

  @Column({ type: 'int', name: 'power_state', default: 0 })
  powerState: PowerState;

  /** Raised in the transaction that commits a change of host (invariant 2). */
  @BigintColumn('epoch', 1)
  epoch: number;

  /**
   * LXD: security.idmap.isolated. First id on the host of the instance's own range, and the range's length; null: the
   * shared range.
   */
  @Column({ type: 'int', name: 'idmap_base', nullable: true })
  idmapBase: number | null;

  @Column({ type: 'int', name: 'idmap_size', nullable: true })
  idmapSize: number | null;

  /** LXD-style configuration, devices and profiles. */
  @Column({ type: 'jsonb', default: {} })
  config: Record<string, string>;

  @Column({ type: 'jsonb', default: {} })
  devices: Record<string, Record<string, string>>;

  @Column({ type: 'text', array: true, default: [] })
  profiles: string[];

  @Column({ type: 'jsonb', default: {} })
  metadata: Record<string, string>;

  @Column({ type: 'text', array: true, default: [] })
  tags: string[];

  /** Nova's scheduler hints as they were given (same_host, different_host, group, query …). */
  @Column({ type: 'jsonb', name: 'scheduler_hints', default: {} })
  schedulerHints: Record<string, string | string[]>;

  @Column({ type: 'text', name: 'key_name', nullable: true })
  keyName: string | null;

  /** The key pair as it was when the instance got it: its change or deletion does not touch the instance. */
  @Column({ type: 'text', name: 'key_type', nullable: true })
  keyType: 'ssh' | 'x509' | null;

  @Column({ type: 'text', name: 'public_key', nullable: true })
  publicKey: string | null;

  /** Base64, as it was given. */
  @Column({ type: 'text', name: 'user_data', nullable: true })
  userData: string | null;

  /** What the guest has posted as its password (`ServerPasswords`). */
  @Column({ type: 'text', nullable: true, select: false, insert: false, update: false })
  password?: string | null;

  /** Nova: config_drive. What the metadata service tells is also in a directory of the guest. */
  @Column({ type: 'boolean', name: 'config_drive', default: false })
  configDrive: boolean;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'jsonb', nullable: true })
  fault: InstanceFault | null;

  @Column({ type: 'timestamptz', name: 'launched_at', nullable: true })
  launchedAt: Date | null;

  /**
   * Set when the instance is gone from every host. The row stays; lists leave it out unless an administrator asks for
   * it.
   */
  @Column({ type: 'timestamptz', name: 'deleted_at', nullable: true })
  deletedAt: Date | null;
}
