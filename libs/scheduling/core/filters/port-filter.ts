import type { Filter } from '../filter.js';

/** The capability of a host that filters ports by security groups. */
export const FILTERS_PORTS = 'security-groups';

/**
 * A host that cannot filter takes no port that security groups close, while another host can. Where none can (agents of
 * before, a kernel without connection tracking of bridges), the host's agent decides.
 */
export const portFilter: Filter = {
  name: 'port-filter',
  always: true,
  reject: (fleet, host, { needsPortFilter }) =>
    needsPortFilter && fleet.filtersPorts && !fleet.capabilities[host]!.has(FILTERS_PORTS)
      ? 'it cannot filter ports by security groups, others can'
      : null,
};
