import { PortInUseError } from '../networking.errors.js';
import type { Port } from './port.entity.js';

/** Neutron API: device_owner of an instance's NIC. */
export const COMPUTE_OWNER = 'compute:nova';

/** Neutron API: device_owner of a router's port. */
export const ROUTER_INTERFACE = 'network:router_interface';

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
 * Throws PortInUseError where a user would change the device of an instance's or a router's port: it follows from the
 * binding.
 */
export function requireDeviceKept(port: Port, wanted: { deviceId?: string; deviceOwner?: string }): void {
  if (!port.instanceId && !port.routerId) return;
  const { id, owner } = deviceOf(port);
  if ((wanted.deviceId ?? id) !== id || (wanted.deviceOwner ?? owner) !== owner)
    throw new PortInUseError(port.id, port.instanceId ? `instance ${port.instanceId}` : `router ${port.routerId}`);
}
