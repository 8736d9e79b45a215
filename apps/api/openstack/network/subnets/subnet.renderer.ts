import type { Subnet } from '#libs/networking/subnets/subnet.entity';
import { commonFields } from '../http/common-fields.js';

/** Neutron API: subnet. */
export function renderSubnet(subnet: Subnet) {
  return {
    ...commonFields(subnet),
    network_id: subnet.networkId,
    ip_version: subnet.ipVersion,
    cidr: subnet.cidr,
    gateway_ip: subnet.gatewayIp,
    enable_dhcp: subnet.enableDhcp,
    allocation_pools: subnet.allocationPools,
    dns_nameservers: subnet.dnsNameservers,
    host_routes: subnet.hostRoutes,
    ipv6_address_mode: null,
    ipv6_ra_mode: null,
    subnetpool_id: subnet.subnetPoolId,
    service_types: [],
  };
}
