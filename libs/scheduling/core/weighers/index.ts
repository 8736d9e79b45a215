import type { Weigher } from '../weigher.js';
import { fewestInstances } from './fewest-instances.js';
import { freeMemory } from './free-memory.js';
import { freeVcpus } from './free-vcpus.js';
import { softServerGroup } from './soft-server-group.js';

/** Every weigher; a host's weight is the sum of theirs. */
export const WEIGHERS: readonly Weigher[] = [freeMemory, freeVcpus, fewestInstances, softServerGroup];
