import type { TestFleet } from '#test/e2e/fleet/test-fleet';
import type { FloorHosts } from './floor/floor-hosts.js';

/** What a benchmark measures on: the product's fleet and two hosts made by hand on the same host root. */
export interface Bench {
  fleet: TestFleet;
  hosts: FloorHosts;
  archives: Record<'busybox' | 'debian', string>;
  /** The fleet's PostgreSQL, for what no API tells. */
  databaseUrl: string;
  /** How many of each. */
  n: number;
}
