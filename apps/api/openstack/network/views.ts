import type { NetworkView } from '#libs/networking/networks/networks.service';
import { defaultSecurityGroup } from '#libs/networking/security-groups/default-security-group';
import { deviceOf } from '#libs/networking/ports/port-device';
import { networkTarget } from '#libs/networking/network-target';
import type { Asker } from '#libs/policy/credentials';
import { allows } from '#libs/policy/policy';
import type { Port } from '#libs/networking/ports/port.entity';
import type { Subnet } from '#libs/networking/subnets/subnet.entity';

const time = (at: Date) => at.toISOString().replace(/\.\d+Z$/, 'Z');

function common({ id, name, description, projectId, createdAt, updatedAt }: Subnet | Port | NetworkView) {
  const owner = { project_id: projectId, tenant_id: projectId };
  return {
    id,
    name,
    description,
    ...owner,
    created_at: time(createdAt),
    updated_at: time(updatedAt),
    revision_number: 1,
    tags: [],
  };
}

/** provider:* is for admins. */
export function renderNetwork(network: NetworkView, caller: Asker) {
  const provider = {
    'provider:network_type': 'vxlan',
    'provider:physical_network': null,
    'provider:segmentation_id': network.vni,
  };
  return {
    ...common(network),
    status: 'ACTIVE',
    admin_state_up: network.adminStateUp,
    shared: network.shared,
    mtu: network.mtu,
    port_security_enabled: network.portSecurityEnabled,
    subnets: network.subnetIds,
    'router:external': false,
    is_default: false,
    availability_zones: ['nova'],
    availability_zone_hints: [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    ...(allows(caller, 'get_network:provider:segmentation_id', networkTarget(network)) ? provider : {}),
  };
}

export function renderSubnet(subnet: Subnet) {
  return {
    ...common(subnet),
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
    subnetpool_id: null,
    service_types: [],
  };
}

/** `host` is the name of the host the port is bound to; binding:* beyond vnic_type is for admins. */
export function renderPort(port: Port, host: string, withBinding: boolean) {
  const binding = {
    'binding:host_id': host,
    'binding:vif_type': host ? 'bridge' : 'unbound',
    'binding:vif_details': host ? { port_filter: port.portSecurityEnabled } : {},
    'binding:profile': {},
  };
  const device = deviceOf(port);
  return {
    ...common(port),
    network_id: port.networkId,
    mac_address: port.macAddress,
    fixed_ips: port.fixedIps,
    device_id: device.id,
    device_owner: device.owner,
    status: port.status,
    admin_state_up: port.adminStateUp,
    port_security_enabled: port.portSecurityEnabled,
    security_groups: port.portSecurityEnabled ? [defaultSecurityGroup(port.projectId).id] : [],
    allowed_address_pairs: [],
    extra_dhcp_opts: [],
    'binding:vnic_type': 'normal',
    ...(withBinding ? binding : {}),
  };
}
