import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LostKind } from '#generated/lxstack/agent/v1/guest';
import type { GuestHealth } from '../health/guest-health.js';
import { BigintColumn, Timestamps } from '#libs/database/columns';

/** Nova's migration_type. */
export type MigrationType = 'live-migration' | 'migration' | 'resize' | 'evacuation';

/** Nova's migration states, as os-migrations and server migrations show them. */
export type MigrationStatus =
  | 'queued'
  | 'preparing'
  | 'running'
  | 'post-migrating'
  | 'completed'
  | 'pre-migrating'
  | 'migrating'
  | 'post-migrated'
  | 'finished'
  | 'confirming'
  | 'confirmed'
  | 'reverting'
  | 'reverted'
  | 'cancelled'
  | 'failed'
  | 'error'
  | 'accepted'
  | 'done';

/** One move of one instance: what Nova's migrations API shows, with the progress that its workflow writes. */
@Entity('migrations')
export class Migration extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  uuid: string;

  /** Nova's integer id. */
  @Column({ type: 'int', generated: 'increment', unique: true })
  id: number;

  @Column({ type: 'text', name: 'migration_type' })
  migrationType: MigrationType;

  @Column({ type: 'text' })
  status: MigrationStatus;

  @Column({ type: 'uuid', name: 'instance_id' })
  instanceId: string;

  @Column({ type: 'uuid', name: 'operation_id' })
  operationId: string;

  @Column({ type: 'uuid', name: 'source_host_id', nullable: true })
  sourceHostId: string | null;

  @Column({ type: 'uuid', name: 'dest_host_id', nullable: true })
  destHostId: string | null;

  @Column({ type: 'text', name: 'old_flavor_id', nullable: true })
  oldFlavorId: string | null;

  @Column({ type: 'text', name: 'new_flavor_id', nullable: true })
  newFlavorId: string | null;

  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  @Column({ type: 'text', name: 'user_id' })
  userId: string;

  /**
   * PostgreSQL's time after which this live move may not commit any more. Set when the source freezes the instance;
   * closed at once when the source asks who owns the instance, because no commit may follow that answer (invariant 2).
   */
  @Column({ type: 'timestamptz', name: 'switch_deadline', nullable: true })
  switchDeadline: Date | null;

  @BigintColumn('memory_bytes_total')
  memoryBytesTotal: number;

  @BigintColumn('memory_bytes_processed')
  memoryBytesProcessed: number;

  @BigintColumn('disk_bytes_total')
  diskBytesTotal: number;

  @BigintColumn('disk_bytes_processed')
  diskBytesProcessed: number;

  @Column({ type: 'jsonb', name: 'timings_ms', default: {} })
  timingsMs: Record<string, number>;

  /** How a live move sent the memory, as its source chose or was told; empty until the source has said so. */
  @Column({ type: 'text', name: 'memory_mode', default: '' })
  memoryMode: string;

  @Column({ type: 'text', name: 'memory_mode_reason', default: '' })
  memoryModeReason: string;

  /** Why the first restore failed where a second one succeeded; else empty. */
  @Column({ type: 'text', name: 'restore_retried', default: '' })
  restoreRetried: string;

  /** Kinds of kernel objects that a live move did not carry, or not as they were, as its source found them. */
  @Column({ type: 'jsonb', default: [] })
  lost: LostKind[];

  /** The step that failed, why, and the last lines of CRIU's log. */
  @Column({ type: 'jsonb', nullable: true })
  failure: { step: string; reason: string; logTail: string[] } | null;

  /** What a look at the guest, some time after the move, has found. Null before it, and where the host could not tell. */
  @Column({ type: 'jsonb', nullable: true })
  health: GuestHealth | null;
}
