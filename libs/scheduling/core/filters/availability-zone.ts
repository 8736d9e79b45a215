import type { Filter } from '../filter.js';

/** The host is in the zone asked for (Nova: availability_zone). */
export const availabilityZone: Filter = {
  name: 'availability-zone',
  reject: (fleet, host, query) =>
    query.availabilityZone === null || fleet.zones[host] === query.availabilityZone
      ? null
      : `it is in zone ${fleet.zones[host]}, not ${query.availabilityZone}`,
};
