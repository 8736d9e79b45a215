import type { Filter } from '../filter.js';

/** Not the instance's present host, nor one where it has just failed. */
export const excludedHosts: Filter = {
  name: 'excluded-hosts',
  always: true,
  reject: (fleet, host, { excludedHostIds }) =>
    excludedHostIds.has(fleet.ids[host]) ? 'the request excludes it' : null,
};
