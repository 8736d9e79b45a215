import type { Filter } from '../filter.js';

/** Its agent holds its lease and no operator has disabled it (Nova: ComputeFilter). */
export const availability: Filter = {
  name: 'availability',
  reject: (fleet, host) => {
    if (!fleet.up[host]) return 'its agent is down';
    return fleet.enabled[host] ? null : 'it is disabled';
  },
};
