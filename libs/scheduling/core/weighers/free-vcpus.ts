import type { Weigher } from '../weigher.js';

/** Spreads by vcpus that are left. */
export const freeVcpus: Weigher = {
  name: 'free-vcpus',
  multiplier: 1,
  weigh: (fleet, host) => fleet.vcpus[host] - fleet.usedVcpus[host],
};
