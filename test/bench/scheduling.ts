import { FleetView } from '#libs/scheduling/core/fleet-view';
import type { HostRow } from '#libs/scheduling/core/fleet-view';
import { rank } from '#libs/scheduling/core/rank';
import type { PlacementQuery } from '#libs/scheduling/core/request';
import { renderReport } from './report.js';
import type { Series } from './report.js';

const query: PlacementQuery = {
  resources: { vcpus: 1, memoryMb: 256, diskGb: 2 },
  availabilityZone: 'zone-1',
  requestedHostId: null,
  force: false,
  excludedHostIds: new Set(),
  capabilities: ['checkpoint', 'restore'],
  architecture: 'x86_64',
  storageDriver: null,
  sameHostIds: null,
  differentHostIds: null,
  group: null,
};

/** The time of one placement in the pure core, which filters and weighs every host. No database, no claim. */
export function benchScheduling(n: number): void {
  const all: Series[] = [];
  for (const size of [1_000, 10_000]) {
    const fleet = new FleetView(Array.from({ length: size }, (_, i) => host(i)));
    for (let i = 0; i < 20; i++) rank(fleet, query, Math.random);
    const values: number[] = [];
    for (let i = 0; i < n; i++) {
      const from = performance.now();
      rank(fleet, query, Math.random);
      values.push(performance.now() - from);
    }
    all.push({ name: `rank, ${size} hosts`, values });
  }
  console.log(renderReport('Scheduling core, one placement', all));
}

/** Hosts in three zones, one in ten full, with different loads. */
function host(i: number): HostRow {
  const full = i % 10 === 0;
  return {
    id: `host-${i}`,
    name: `h${i}`,
    address: '',
    vtep: '',
    availabilityZone: `zone-${i % 3}`,
    enabled: true,
    up: i % 50 !== 0,
    architecture: 'x86_64',
    storageDriver: 'overlay',
    capabilities: ['checkpoint', 'restore', 'userns'],
    vcpus: 256,
    memoryMb: 512 * 1024,
    diskGb: 4096,
    usedVcpus: full ? 256 : (i * 7) % 200,
    usedMemoryMb: (i * 7919) % (400 * 1024),
    usedDiskGb: (i * 31) % 3000,
    instances: (i * 13) % 100,
  };
}
