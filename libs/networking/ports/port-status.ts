import type { Port, PortStatus } from './port.entity.js';

/**
 * Neutron API: status. A port whose admin_state_up is false is DOWN, whatever its host has plugged, and shows what it is
 * once it is up again; one that could not be plugged stays ERROR.
 */
export function shownStatus({ status, adminStateUp }: Pick<Port, 'status' | 'adminStateUp'>): PortStatus {
  return adminStateUp || status === 'ERROR' ? status : 'DOWN';
}

/** The same as SQL over the alias of a ports table. */
export const shownStatusOf = (alias: string): string =>
  `(CASE WHEN ${alias}.admin_state_up OR ${alias}.status = 'ERROR' THEN ${alias}.status ELSE 'DOWN' END)`;
