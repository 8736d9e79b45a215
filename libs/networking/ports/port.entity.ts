import { Column, Entity, PrimaryColumn } from 'typeorm';
import { StandardAttributes } from '../standard-attributes.js';

export type PortStatus = 'ACTIVE' | 'DOWN' | 'BUILD' | 'ERROR';

/** What a port may also send from (Neutron: allowed_address_pairs). `mac_address` is absent where it is the port's own. */
export interface AddressPair {
  mac_address?: string;
  /** An address or a CIDR. */
  ip_address: string;
}

export interface FixedIp {
  subnet_id: string;
  ip_address: string;
}

/** A place on a network with a MAC and addresses, plugged into an instance or a host (Neutron: port). */
@Entity('ports')
export class Port extends StandardAttributes {
  @Column({ type: 'uuid', name: 'network_id' })
  networkId: string;

  @Column({ type: 'text', name: 'mac_address' })
  macAddress: string;

  @Column({ type: 'jsonb', name: 'fixed_ips', default: [] })
  fixedIps: FixedIp[];

  /**
   * The instance whose NIC this is. `InstancePorts` alone writes it, and everything that plugs ports reads it instead
   * of deviceId.
   */
  @Column({ type: 'uuid', name: 'instance_id', nullable: true })
  instanceId: string | null;

  /** The router whose interface this is. `RouterInterfaces` alone writes it. */
  @Column({ type: 'uuid', name: 'router_id', nullable: true })
  routerId: string | null;

  /** Hosts answer DHCP from this port's addresses. `dhcp-port.ts` alone writes it. */
  @Column({ type: 'boolean', name: 'serves_dhcp', default: false })
  servesDhcp: boolean;

  /**
   * Neutron: device_id. The instance's or router's id for a port of one; else a label that its owner wrote and that plugs nothing.
   */
  @Column({ type: 'text', name: 'device_id', default: '' })
  deviceId: string;

  /** Neutron: device_owner. compute:nova for an instance's port; else a label. */
  @Column({ type: 'text', name: 'device_owner', default: '' })
  deviceOwner: string;

  /** Order of the NIC inside its instance: eth0, eth1, … */
  @Column({ type: 'int', name: 'device_index', default: 0 })
  deviceIndex: number;

  /** The host on which the port is plugged (Neutron: binding:host_id). */
  @Column({ type: 'uuid', name: 'host_id', nullable: true })
  hostId: string | null;

  @Column({ type: 'text', default: 'DOWN' })
  status: PortStatus;

  @Column({ type: 'boolean', name: 'admin_state_up', default: true })
  adminStateUp: boolean;

  @Column({ type: 'boolean', name: 'port_security_enabled', default: true })
  portSecurityEnabled: boolean;

  /**
   * Ids of the security groups that say what may pass. Null: a control plane from before security groups has made the port,
   * and everything may.
   */
  @Column({ type: 'uuid', name: 'security_group_ids', array: true, nullable: true })
  securityGroupIds: string[] | null;

  @Column({ type: 'jsonb', name: 'allowed_address_pairs', default: [] })
  allowedAddressPairs: AddressPair[];

  /** Nova made the port for an instance and deletes it with that; false where a user made it. */
  @Column({ type: 'boolean', name: 'owned_by_instance', default: false })
  ownedByInstance: boolean;
}

/** An address of a subnet that is in use. The primary key makes a double allocation impossible. */
@Entity('ip_allocations')
export class IpAllocation {
  @PrimaryColumn({ type: 'uuid', name: 'subnet_id' })
  subnetId: string;

  @PrimaryColumn({ type: 'inet', name: 'ip_address' })
  ipAddress: string;

  @Column({ type: 'uuid', name: 'port_id' })
  portId: string;
}
