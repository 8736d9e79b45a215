import type { TestFleet } from '#test/e2e/fleet/test-fleet';
import type { FloorHosts } from './floor/floor-hosts.js';

/** What a benchmark measures: the product's fleet, and two hosts made by hand on the same host root. */
export interface Bench {
  fleet: TestFleet;
  hosts: FloorHosts;
  archives: Record<'busybox' | 'debian', string>;
  /** URL of the fleet's PostgreSQL, for figures that no API shows. */
  databaseUrl: string;
  /** Number of measurements of each series. */
  n: number;
}
