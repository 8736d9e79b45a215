import type { NetworkView } from '#libs/networking/networks/networks.service';
import { commonFields } from '../http/common-fields.js';

/** Neutron API: network. Only administrators see provider:*. */
export function renderNetwork(network: NetworkView) {
  const provider = {
    'provider:network_type': 'vxlan',
    'provider:physical_network': null,
    'provider:segmentation_id': network.vni,
  };
  return {
    ...commonFields(network),
    status: 'ACTIVE',
    admin_state_up: network.adminStateUp,
    shared: network.shared || network.sharedWithCaller === true,
    mtu: network.mtu,
    port_security_enabled: network.portSecurityEnabled,
    subnets: network.subnetIds,
    'router:external': false,
    is_default: false,
    availability_zones: ['nova'],
    availability_zone_hints: [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    ...(network.showsProvider ? provider : {}),
  };
}
