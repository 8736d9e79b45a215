import { Column, Entity } from 'typeorm';
import { StandardAttributes } from '../standard-attributes.js';

/** A layer 2 network: one VXLAN over the hosts that have a port on it (Neutron: network). */
@Entity('networks')
export class Network extends StandardAttributes {
  /** VXLAN network identifier (Neutron: provider:segmentation_id). */
  @Column({ type: 'int', unique: true })
  vni: number;

  @Column({ type: 'int', default: 1450 })
  mtu: number;

  @Column({ type: 'boolean', default: false })
  shared: boolean;

  @Column({ type: 'boolean', name: 'admin_state_up', default: true })
  adminStateUp: boolean;

  @Column({ type: 'boolean', name: 'port_security_enabled', default: true })
  portSecurityEnabled: boolean;

  /** Whether a policy shares it with the project of who asks (`noteSharing`). In no column. */
  sharedWithCaller?: boolean;
}
