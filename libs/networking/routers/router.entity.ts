import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Timestamps } from '#libs/database/columns';
import type { HostRoute } from '../subnets/subnet.entity.js';

/**
 * Joins subnets (Neutron: router). It routes on the host of the sender: every host with a port on one of its networks
 * has it. Its interfaces are ports with its id as `router_id`.
 */
@Entity('routers')
export class Router extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text', default: '' })
  name: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  @Column({ type: 'boolean', name: 'admin_state_up', default: true })
  adminStateUp: boolean;

  @Column({ type: 'jsonb', default: [] })
  routes: HostRoute[];
}
