import { deviceOf } from '#libs/networking/ports/port-device';
import { shownStatus } from '#libs/networking/ports/port-status';
import type { PortView } from '#libs/networking/ports/ports.service';
import { commonFields } from '../http/common-fields.js';

/**
 * Neutron API: port. `host`: name of the host to which the port is bound. Only administrators see binding:* beyond
 * vnic_type.
 */
export function renderPort(port: PortView) {
  const { boundTo: host } = port;
  const binding = {
    'binding:host_id': host,
    'binding:vif_type': host ? 'bridge' : 'unbound',
    'binding:vif_details': host ? { port_filter: port.portSecurityEnabled } : {},
    'binding:profile': {},
  };
  const device = deviceOf(port);
  return {
    ...commonFields(port),
    network_id: port.networkId,
    mac_address: port.macAddress,
    fixed_ips: port.fixedIps,
    device_id: device.id,
    device_owner: device.owner,
    status: shownStatus(port),
    admin_state_up: port.adminStateUp,
    port_security_enabled: port.portSecurityEnabled,
    security_groups: port.securityGroupIds ?? [],
    allowed_address_pairs: port.allowedAddressPairs.map(({ mac_address = port.macAddress, ip_address }) => ({
      mac_address,
      ip_address,
    })),
    extra_dhcp_opts: [],
    'binding:vnic_type': 'normal',
    ...(host === null ? {} : binding),
  };
}
