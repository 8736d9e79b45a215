import type { Weigher } from '../weigher.js';

/** Prefers hosts with much free memory. */
export const freeMemory: Weigher = {
  name: 'free-memory',
  multiplier: 1,
  weigh: (fleet, host) => fleet.memoryMb[host] - fleet.usedMemoryMb[host],
};
