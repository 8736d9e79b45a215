import { Column, Entity } from 'typeorm';
import { StandardAttributes } from '../standard-attributes.js';

export interface AllocationPool {
  start: string;
  end: string;
}

/** A route that DHCP gives to guests (Neutron: host_routes). */
export interface HostRoute {
  destination: string;
  nexthop: string;
}

/** A range of addresses on a network, with its gateway, pools and DHCP settings (Neutron: subnet). */
@Entity('subnets')
export class Subnet extends StandardAttributes {
  @Column({ type: 'uuid', name: 'network_id' })
  networkId: string;

  @Column({ type: 'int', name: 'ip_version', default: 4 })
  ipVersion: 4 | 6;

  @Column({ type: 'text' })
  cidr: string;

  /** The pool that the CIDR is from; null: it was asked for as it is. */
  @Column({ type: 'uuid', name: 'subnetpool_id', nullable: true })
  subnetPoolId: string | null;

  @Column({ type: 'text', name: 'gateway_ip', nullable: true })
  gatewayIp: string | null;

  @Column({ type: 'boolean', name: 'enable_dhcp', default: true })
  enableDhcp: boolean;

  @Column({ type: 'jsonb', name: 'allocation_pools', default: [] })
  allocationPools: AllocationPool[];

  @Column({ type: 'text', array: true, name: 'dns_nameservers', default: [] })
  dnsNameservers: string[];

  @Column({ type: 'jsonb', name: 'host_routes', default: [] })
  hostRoutes: HostRoute[];
}
