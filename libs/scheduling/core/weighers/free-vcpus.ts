import type { Weigher } from '../weigher.js';

/** Prefers hosts with many free vcpus. */
export const freeVcpus: Weigher = {
  name: 'free-vcpus',
  multiplier: 1,
  weigh: (fleet, host) => fleet.vcpus[host] - fleet.usedVcpus[host],
};
