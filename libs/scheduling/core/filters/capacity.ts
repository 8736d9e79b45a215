import type { Filter } from '../filter.js';

/** The host has room, with its ratios applied. The claim checks it again (invariant 3). */
export const capacity: Filter = {
  name: 'capacity',
  always: true,
  reject: (fleet, host, { resources }) => {
    const lacks = [
      lack('vcpus', resources.vcpus, fleet.vcpus[host] - fleet.usedVcpus[host]),
      lack('MiB of memory', resources.memoryMb, fleet.memoryMb[host] - fleet.usedMemoryMb[host]),
      lack('GiB of disk', resources.diskGb, fleet.diskGb[host] - fleet.usedDiskGb[host]),
    ].filter((text) => text !== null);
    return lacks.length ? lacks.join(', ') : null;
  },
};

function lack(what: string, need: number, free: number): string | null {
  return need > free ? `${need} ${what} wanted, ${Math.max(0, Math.floor(free))} free` : null;
}
