import { PortInUseError } from '../networking.errors.js';
import type { Port } from './port.entity.js';

/** Neutron API: device_owner of the NIC of an instance. */
export const COMPUTE_OWNER = 'compute:nova';

/** What a port shows as device_id and device_owner: its binding, or the labels its owner gave it. */
export function deviceOf(port: Pick<Port, 'instanceId' | 'deviceId' | 'deviceOwner'>): { id: string; owner: string } {
  if (port.instanceId) return { id: port.instanceId, owner: COMPUTE_OWNER };
  return { id: port.deviceId, owner: port.deviceOwner };
}

/** The device of a bound port follows from its binding. Throws PortInUseError where a user would have it otherwise. */
export function requireDeviceKept(port: Port, wanted: { deviceId?: string; deviceOwner?: string }): void {
  if (!port.instanceId) return;
  const { id, owner } = deviceOf(port);
  if ((wanted.deviceId ?? id) !== id || (wanted.deviceOwner ?? owner) !== owner)
    throw new PortInUseError(port.id, `instance ${port.instanceId}`);
}
