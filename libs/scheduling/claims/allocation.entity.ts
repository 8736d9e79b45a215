import { Column, Entity, PrimaryColumn } from 'typeorm';
import { BigintColumn, Timestamps } from '#libs/database/columns';

/** What an instance holds of a host. A moving instance has two: its own, and one of its migration. */
@Entity('allocations')
export class Allocation extends Timestamps {
  /** The instance, or the migration that holds the other end for it (Placement: consumer). */
  @PrimaryColumn({ type: 'uuid', name: 'consumer_id' })
  consumerId: string;

  @PrimaryColumn({ type: 'uuid', name: 'host_id' })
  hostId: string;

  @Column({ type: 'uuid', name: 'instance_id' })
  instanceId: string;

  @Column({ type: 'int' })
  vcpus: number;

  @BigintColumn('memory_mb')
  memoryMb: number;

  @BigintColumn('disk_gb')
  diskGb: number;
}
