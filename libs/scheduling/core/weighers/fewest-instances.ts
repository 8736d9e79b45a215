import type { Weigher } from '../weigher.js';

/** Prefers hosts with few instances. */
export const fewestInstances: Weigher = {
  name: 'fewest-instances',
  multiplier: 1,
  weigh: (fleet, host) => -fleet.instances[host],
};
