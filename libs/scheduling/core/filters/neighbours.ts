import type { Filter } from '../filter.js';

/** Scheduler hints same_host and different_host (Nova: SameHostFilter, DifferentHostFilter). */
export const neighbours: Filter = {
  name: 'neighbours',
  reject: (fleet, host, { sameHostIds, differentHostIds }) => {
    const id = fleet.ids[host];
    if (sameHostIds && !sameHostIds.has(id)) return 'it has none of the instances of same_host';
    return differentHostIds?.has(id) ? 'it has an instance of different_host' : null;
  },
};
