import type { EntityManager } from 'typeorm';
import { canonicalArchitecture } from '#libs/common/architecture';
import { traitOfArchitecture } from '#libs/common/traits';
import { FleetView } from '../core/fleet-view.js';
import type { HostRow } from '../core/fleet-view.js';
import { hostIsUp } from '#libs/fleet/hosts/host-state';

/** Milliseconds after which a view is read again before it is used. */
const FRESH_MS = 1_000;

/** One statement. Index: allocations_on_host. */
const READ_FLEET = `
  SELECT h.id, h.name, h.address, h.vtep, h.availability_zone AS "availabilityZone", h.enabled,
    ${hostIsUp('h')} AS up,
    coalesce(h.facts ->> 'architecture', '') AS architecture,
    coalesce(h.facts ->> 'storageDriver', '') AS "storageDriver",
    ARRAY(SELECT c ->> 'name' FROM jsonb_array_elements(h.capabilities) c WHERE (c ->> 'present')::boolean)
      AS capabilities,
    h.vcpus * h.cpu_ratio AS vcpus, h.memory_mb * h.memory_ratio AS "memoryMb", h.disk_gb * h.disk_ratio AS "diskGb",
    u.used_vcpus AS "usedVcpus", u.used_memory_mb::float8 AS "usedMemoryMb", u.used_disk_gb::float8 AS "usedDiskGb",
    coalesce(a.instances, 0)::int AS instances
  FROM hosts h JOIN host_usage u ON u.host_id = h.id
  LEFT JOIN (SELECT host_id, count(*) AS instances FROM allocations GROUP BY host_id) a ON a.host_id = h.id
  WHERE h.role = 'compute'
  ORDER BY h.name`;

/** This process's view of the fleet. It may be a second old: claims read the table and decide. */
export class FleetCache {
  private view: FleetView | undefined;
  private readAt = 0;
  private reading: Promise<FleetView> | undefined;

  /** The view, read with `tx` where it is not fresh, so that a transaction takes no second connection. */
  async fresh(tx: EntityManager): Promise<FleetView> {
    if (this.view && performance.now() - this.readAt < FRESH_MS) return this.view;
    return this.read(tx);
  }

  /** Reads the view now. Callers that ask during a reading share it; where it fails, each reads by itself. */
  async read(tx: EntityManager): Promise<FleetView> {
    const shared = this.reading;
    if (shared) return shared.catch(() => this.load(tx));
    this.reading = this.load(tx).finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async load(tx: EntityManager): Promise<FleetView> {
    const begun = performance.now();
    const rows = await tx.query<HostRow[]>(READ_FLEET);
    for (const row of rows) {
      row.architecture = canonicalArchitecture(row.architecture);
      if (row.architecture) row.capabilities = [...row.capabilities, traitOfArchitecture(row.architecture)];
    }
    this.view = new FleetView(rows);
    this.readAt = begun;
    return this.view;
  }
}
