import type { Filter } from '../filter.js';

/** Only the host that was asked for. */
export const requestedHost: Filter = {
  name: 'requested-host',
  always: true,
  reject: (fleet, host, { requestedHostId }) =>
    requestedHostId === null || fleet.ids[host] === requestedHostId ? null : 'another host was asked for',
};
