import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What a host's agent promised by its last heartbeat: it freezes, then kills these instances after its lease has ended.
 * The control plane takes an instance that is no longer marked out of the row before it tells the agent.
 */
@Entity('host_fences')
export class HostFence {
  @PrimaryColumn({ type: 'uuid', name: 'host_id' })
  hostId: string;

  /** Seconds from the end of the lease until the agent has killed them. */
  @Column({ type: 'int', name: 'stop_seconds' })
  stopSeconds: number;

  @Column({ type: 'uuid', array: true, name: 'instance_ids' })
  instanceIds: string[];
}
