import type { NetworkView } from '#libs/networking/networks/networks.service';
import { networkTarget } from '#libs/networking/network-target';
import type { Asker } from '#libs/policy/credentials';
import { allows } from '#libs/policy/policy';
import { commonFields } from '../http/common-fields.js';

/** Neutron API: network. Only administrators see provider:*. */
export function renderNetwork(network: NetworkView, caller: Asker) {
  const provider = {
    'provider:network_type': 'vxlan',
    'provider:physical_network': null,
    'provider:segmentation_id': network.vni,
  };
  return {
    ...commonFields(network),
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
