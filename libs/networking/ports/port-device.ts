import { PortInUseError } from '../networking.errors.js';
import type { Port } from './port.entity.js';

/** Neutron API: device_owner of an instance's NIC. */
export const COMPUTE_OWNER = 'compute:nova';

/** Neutron API: device_owner of a router's port. */
export const ROUTER_INTERFACE = 'network:router_interface';

/** Neutron API: device_owner of the port from which DHCP is answered. */
export const DHCP_OWNER = 'network:dhcp';

/**
 * What a port shows as device_id and device_owner: the instance or router that it belongs to, or the labels that its
 * owner wrote.
 */
export function deviceOf(port: Pick<Port, 'instanceId' | 'routerId' | 'deviceId' | 'deviceOwner'>): {
  id: string;
  owner: string;
} {
  if (port.instanceId) return { id: port.instanceId, owner: COMPUTE_OWNER };
  if (port.routerId) return { id: port.routerId, owner: ROUTER_INTERFACE };
  return { id: port.deviceId, owner: port.deviceOwner };
}

/**
 * Throws PortInUseError where a user would change the device of an instance's, a router's or a DHCP port: it follows from
 * what the port is for.
 */
export function requireDeviceKept(port: Port, wanted: { deviceId?: string; deviceOwner?: string }): void {
  if (!port.instanceId && !port.routerId && !port.servesDhcp) return;
  const { id, owner } = deviceOf(port);
  if ((wanted.deviceId ?? id) !== id || (wanted.deviceOwner ?? owner) !== owner)
    throw new PortInUseError(port.id, userOf(port));
}

function userOf({ instanceId, routerId, networkId }: Port): string {
  if (instanceId) return `instance ${instanceId}`;
  return routerId ? `router ${routerId}` : `DHCP of network ${networkId}`;
}
