import type { Weigher } from '../weigher.js';

/** Spreads by memory that is left. */
export const freeMemory: Weigher = {
  name: 'free-memory',
  multiplier: 1,
  weigh: (fleet, host) => fleet.memoryMb[host] - fleet.usedMemoryMb[host],
};
