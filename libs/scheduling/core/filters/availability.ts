import type { Filter } from '../filter.js';

/** The host's agent holds its lease, and no operator has disabled the host (Nova: ComputeFilter). */
export const availability: Filter = {
  name: 'availability',
  reject: (fleet, host) => {
    if (!fleet.up[host]) return 'its agent is down';
    return fleet.enabled[host] ? null : 'it is disabled';
  },
};
