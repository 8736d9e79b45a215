import type { Filter } from '../filter.js';
import { architecture } from './architecture.js';
import { availability } from './availability.js';
import { availabilityZone } from './availability-zone.js';
import { capability } from './capability.js';
import { capacity } from './capacity.js';
import { cpuFeatures } from './cpu-features.js';
import { excludedHosts } from './excluded-hosts.js';
import { neighbours } from './neighbours.js';
import { portFilter } from './port-filter.js';
import { requestedHost } from './requested-host.js';
import { serverGroup } from './server-group.js';
import { storageDriver } from './storage-driver.js';

/** Every filter, in the order they run; the first that rejects a host is its reason. */
export const FILTERS: readonly Filter[] = [
  requestedHost,
  excludedHosts,
  availability,
  availabilityZone,
  architecture,
  storageDriver,
  cpuFeatures,
  capability,
  portFilter,
  neighbours,
  serverGroup,
  capacity,
];
