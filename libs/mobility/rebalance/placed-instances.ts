import type { EntityManager } from 'typeorm';
import { resourcesOf } from '#libs/compute/instances/instance-resources';
import type { GroupPolicy, PlacedInstance } from '#libs/scheduling/rebalance/plan';
import { BLACKOUT_PARTS, expectedCost } from './expected-cost.js';
import type { MoveHistory } from './expected-cost.js';

/** Upper bound of the instances that one plan looks at; a larger fleet takes several plans. */
const MAX_INSTANCES = 100_000;

/** Instances on hosts with the history of their image. Index: instances_on_host. */
const INSTANCES = `
  WITH history AS (
    SELECT n.image_id,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY m.memory_bytes_processed)::float8 AS "memoryBytes",
      percentile_cont(0.5) WITHIN GROUP (ORDER BY m.disk_bytes_processed)::float8 AS "diskBytes",
      percentile_cont(0.5) WITHIN GROUP (ORDER BY t.ms)::float8 AS "switchMs"
    FROM (SELECT * FROM migrations ORDER BY id DESC LIMIT 10000) m JOIN instances n ON n.id = m.instance_id
    CROSS JOIN LATERAL (
      SELECT sum(value::float8) AS ms FROM jsonb_each_text(m.timings_ms) WHERE key = ANY($2)
    ) t
    WHERE m.migration_type = 'live-migration' AND m.status = 'completed' GROUP BY n.image_id
  )
  SELECT n.id, n.name, n.host_id AS "hostId", n.vm_state AS "vmState", n.task_state AS "taskState",
    n.vcpus, n.memory_mb AS "memoryMb", n.disk_gb AS "diskGb",
    n.availability_zone AS "availabilityZone", n.scheduler_hints AS hints, to_jsonb(h) AS history
  FROM instances n LEFT JOIN history h ON h.image_id = n.image_id
  WHERE n.deleted_at IS NULL AND n.host_id IS NOT NULL ORDER BY n.id LIMIT $1`;

interface Row {
  id: string;
  name: string;
  hostId: string;
  vmState: string;
  taskState: string | null;
  vcpus: number;
  memoryMb: number;
  diskGb: number;
  availabilityZone: string | null;
  hints: Record<string, string | string[]>;
  history: MoveHistory | null;
}

/** Every instance on a host, in the planner's terms; at most 100,000. */
export async function readInstances(tx: EntityManager): Promise<PlacedInstance[]> {
  const rows = await tx.query<Row[]>(INSTANCES, [MAX_INSTANCES, BLACKOUT_PARTS]);
  return rows.map(placed);
}

/** The policies of all server groups that have instances, by group id. */
export async function readGroups(tx: EntityManager): Promise<Map<string, GroupPolicy>> {
  const rows = await tx.query<(GroupPolicy & { id: string })[]>(
    `SELECT id, policy, coalesce(max_server_per_host, 1) AS "maxPerHost" FROM server_groups g
     WHERE EXISTS (SELECT FROM instances n WHERE n.scheduler_hints ->> 'group' = g.id::text AND n.deleted_at IS NULL)`,
  );
  return new Map(rows.map(({ id, ...policy }) => [id, policy]));
}

function placed(row: Row): PlacedInstance {
  const { id, name, hostId, vmState, availabilityZone, hints } = row;
  const running = vmState === 'active';
  return {
    id,
    name,
    hostId,
    resources: resourcesOf(row),
    running,
    held: heldBy(row),
    notLive: null,
    availabilityZone,
    architecture: null,
    group: [hints.group ?? []].flat()[0] ?? null,
    sameAs: [hints.same_host ?? []].flat(),
    differentFrom: [hints.different_host ?? []].flat(),
    cost: expectedCost(row, running, row.history),
  };
}

function heldBy({ vmState, taskState }: Row): string | null {
  if (taskState !== null) return `something is being done with it (${taskState})`;
  return vmState === 'active' || vmState === 'stopped' ? null : `it is ${vmState}`;
}
