import type { Filter } from '../filter.js';

/** In the zone that was asked for (Nova: availability_zone). */
export const availabilityZone: Filter = {
  name: 'availability-zone',
  reject: (fleet, host, query) =>
    query.availabilityZone === null || fleet.zones[host] === query.availabilityZone
      ? null
      : `it is in zone ${fleet.zones[host]}, not ${query.availabilityZone}`,
};
