import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';

export type ServerGroupPolicy = 'affinity' | 'anti-affinity' | 'soft-affinity' | 'soft-anti-affinity';

/** Nova: server group. Its members are the instances whose scheduler hint `group` names it. */
@Entity('server_groups')
export class ServerGroup extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  @Column({ type: 'text', name: 'user_id' })
  userId: string;

  @Column({ type: 'text' })
  policy: ServerGroupPolicy;

  /** anti-affinity only: how many members may run on one host. */
  @Column({ type: 'int', name: 'max_server_per_host', nullable: true })
  maxServerPerHost: number | null;
}
