import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What a host's agent has promised by its last heartbeat: these instances are frozen, then killed, when its lease ends.
 * An instance that is no longer marked is taken out before the agent is told so.
 */
@Entity('host_fences')
export class HostFence {
  @PrimaryColumn({ type: 'uuid', name: 'host_id' })
  hostId: string;

  /** From the end of the lease until they are killed. */
  @Column({ type: 'int', name: 'stop_seconds' })
  stopSeconds: number;

  @Column({ type: 'uuid', array: true, name: 'instance_ids' })
  instanceIds: string[];
}
