import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import { BigintColumn, Timestamps } from '#libs/database/columns';

/** creating -> ready | error; the operation that makes the snapshot says why. */
export type SnapshotState = 'creating' | 'ready' | 'error';

/** An instance as it was: its disk on the instance's storage, its configuration here (LXD: instance snapshot). */
@Entity('snapshots')
@Unique('snapshots_name', ['instanceId', 'name'])
export class Snapshot extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'uuid', name: 'instance_id' })
  instanceId: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  state: SnapshotState;

  /** True: the memory of the instance's processes is in it too. */
  @Column({ type: 'boolean', default: false })
  stateful: boolean;

  @Column({ type: 'jsonb', default: {} })
  config: Record<string, string>;

  @Column({ type: 'jsonb', default: {} })
  devices: Record<string, Record<string, string>>;

  @Column({ type: 'text', array: true, default: [] })
  profiles: string[];

  @Column({ type: 'boolean', default: false })
  ephemeral: boolean;

  @BigintColumn('size_bytes')
  sizeBytes: number;

  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true })
  expiresAt: Date | null;
}
