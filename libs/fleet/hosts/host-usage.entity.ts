import { Column, Entity, PrimaryColumn } from 'typeorm';
import { BigintColumn } from '#libs/database/columns';

/**
 * Sums of a host's allocations, written in the transactions that change those (invariant 3). Claims lock this row and
 * heartbeats write `hosts`, so neither waits for the other.
 */
@Entity('host_usage')
export class HostUsage {
  @PrimaryColumn({ type: 'uuid', name: 'host_id' })
  hostId: string;

  @Column({ type: 'int', name: 'used_vcpus', default: 0 })
  usedVcpus: number;

  @BigintColumn('used_memory_mb')
  usedMemoryMb: number;

  @BigintColumn('used_disk_gb')
  usedDiskGb: number;
}
