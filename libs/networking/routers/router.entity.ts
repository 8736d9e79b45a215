import { Column, Entity } from 'typeorm';
import { StandardAttributes } from '../standard-attributes.js';
import type { HostRoute } from '../subnets/subnet.entity.js';

/**
 * Joins subnets (Neutron: router). It routes on the host of the sender: every host with a port on one of its networks
 * has it. Its interfaces are ports with its id as `router_id`.
 */
@Entity('routers')
export class Router extends StandardAttributes {
  @Column({ type: 'boolean', name: 'admin_state_up', default: true })
  adminStateUp: boolean;

  @Column({ type: 'jsonb', default: [] })
  routes: HostRoute[];
}
