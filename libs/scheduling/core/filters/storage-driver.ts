import type { Filter } from '../filter.js';

/**
 * A move sends the disk in the form of its source's storage driver; another driver could not make a complete root of
 * it.
 */
export const storageDriver: Filter = {
  name: 'storage-driver',
  always: true,
  reject: (fleet, host, query) => {
    const own = fleet.storageDrivers[host];
    return query.storageDriver === null || own === query.storageDriver
      ? null
      : `it stores disks with ${own || 'an unknown driver'}, the source with ${query.storageDriver || 'an unknown one'}`;
  },
};
