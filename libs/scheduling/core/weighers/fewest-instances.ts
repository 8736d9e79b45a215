import type { Weigher } from '../weigher.js';

/** Spreads by number of instances. */
export const fewestInstances: Weigher = {
  name: 'fewest-instances',
  multiplier: 1,
  weigh: (fleet, host) => -fleet.instances[host],
};
