/** Invariant 3: hosts whose sums differ from their allocations. */
export const SUMS = `
  SELECT h.name AS host,
    u.used_vcpus::int AS used_vcpus, u.used_memory_mb::float8 AS used_memory, u.used_disk_gb::float8 AS used_disk,
    coalesce(sum(a.vcpus), 0)::int AS vcpus, coalesce(sum(a.memory_mb), 0)::float8 AS memory,
    coalesce(sum(a.disk_gb), 0)::float8 AS disk
  FROM hosts h JOIN host_usage u ON u.host_id = h.id LEFT JOIN allocations a ON a.host_id = h.id
  GROUP BY h.id, u.host_id
  HAVING u.used_vcpus <> coalesce(sum(a.vcpus), 0) OR u.used_memory_mb <> coalesce(sum(a.memory_mb), 0)
    OR u.used_disk_gb <> coalesce(sum(a.disk_gb), 0)
  ORDER BY h.name LIMIT $1`;

/** SQL: an operation on the instance has not ended, so what does not fit now is no difference yet. */
const busy = (id: string) => `EXISTS (
  SELECT FROM operations o WHERE o.resource_type = 'instance' AND o.resource_id = ${id}::text
    AND o.state IN ('pending', 'running', 'undoing'))`;

/** Allocations of an instance that is deleted or runs elsewhere, and those of a move that has ended. */
export const ALLOCATIONS = `
  SELECT a.consumer_id, a.instance_id, h.name AS host, i.vm_state, ih.name AS instance_host, m.status
  FROM allocations a
  LEFT JOIN hosts h ON h.id = a.host_id
  LEFT JOIN instances i ON i.id = a.instance_id AND i.deleted_at IS NULL
  LEFT JOIN hosts ih ON ih.id = i.host_id
  LEFT JOIN migrations m ON m.uuid = a.consumer_id
  WHERE NOT ${busy('a.instance_id')} AND (
    i.id IS NULL OR h.id IS NULL
    OR (a.consumer_id = a.instance_id AND a.host_id IS DISTINCT FROM i.host_id)
    OR (a.consumer_id <> a.instance_id AND coalesce(m.status, '') <> 'finished'))
  LIMIT $1`;

/** Instances on a host that have no allocation there. */
export const UNCLAIMED = `
  SELECT i.id, h.name AS host FROM instances i JOIN hosts h ON h.id = i.host_id
  WHERE i.deleted_at IS NULL AND NOT ${busy('i.id')}
    AND NOT EXISTS (SELECT FROM allocations a WHERE a.consumer_id = i.id AND a.host_id = i.host_id)
  LIMIT $1`;

/** Ports whose host is not their instance's host. */
export const PORTS = `
  SELECT p.id, p.instance_id, ph.name AS host, ih.name AS instance_host
  FROM ports p
  LEFT JOIN instances i ON i.id = p.instance_id AND i.deleted_at IS NULL
  LEFT JOIN hosts ph ON ph.id = p.host_id
  LEFT JOIN hosts ih ON ih.id = i.host_id
  WHERE p.instance_id IS NOT NULL AND NOT ${busy('p.instance_id')}
    AND p.host_id IS DISTINCT FROM i.host_id AND (p.host_id IS NOT NULL OR i.vm_state <> 'error')
  LIMIT $1`;

/** Instances with a task_state although no operation on them is unfinished. */
export const STRANDED_TASKS = `
  SELECT i.id, i.task_state FROM instances i
  WHERE i.deleted_at IS NULL AND i.task_state IS NOT NULL AND NOT ${busy('i.id')}
  LIMIT $1`;

/**
 * Operations that should run and that no worker has leased for a while; those that wait for their turn are not among
 * them.
 */
export const STALE_OPERATIONS = `
  SELECT id, kind, resource_id, state FROM operations o
  WHERE (state IN ('running', 'undoing')
      AND greatest(locked_until, not_before, updated_at) < now() - interval '30 seconds')
    OR (state = 'pending' AND greatest(locked_until, not_before, updated_at) < now() - interval '2 minutes'
      AND NOT EXISTS (SELECT FROM operations e WHERE e.resource_type = o.resource_type AND e.resource_id = o.resource_id
        AND e.state IN ('pending', 'running', 'undoing') AND (e.created_at, e.id) < (o.created_at, o.id)))
  LIMIT $1`;

/** Moves whose status is not final although their operation has ended. */
export const STRANDED_MIGRATIONS = `
  SELECT m.uuid, m.instance_id, m.status FROM migrations m JOIN instances i ON i.id = m.instance_id
  WHERE m.status IN ('accepted', 'queued', 'preparing', 'running', 'pre-migrating', 'migrating', 'post-migrating',
      'confirming', 'reverting')
    AND i.deleted_at IS NULL AND NOT ${busy('m.instance_id')}
  LIMIT $1`;

/**
 * Hosts with an unfinished `host.resync`: their agents are being told what they have lost, and still hold some of it.
 */
export const RESYNCING = `
  SELECT resource_id AS id FROM operations
  WHERE kind = 'host.resync' AND resource_type = 'host' AND state IN ('pending', 'running', 'undoing')`;

/** One page of the instances that Postgres knows on hosts, by id. */
export const INSTANCES = `
  SELECT i.id, i.host_id, i.epoch::float8 AS epoch, i.vm_state, i.power_state, ${busy('i.id')} AS busy,
    ARRAY(SELECT m.source_host_id FROM migrations m
          WHERE m.instance_id = i.id AND m.status = 'finished' AND m.source_host_id IS NOT NULL) AS kept_on
  FROM instances i
  WHERE i.deleted_at IS NULL AND ($2::uuid IS NULL OR i.id > $2) ORDER BY i.id LIMIT $1`;

/** Those of the given moves that may have copies on hosts: unfinished, or waiting for confirm or revert. */
export const OPEN_MIGRATIONS = `
  SELECT m.uuid FROM migrations m JOIN operations o ON o.id = m.operation_id
  WHERE m.uuid = ANY($1::uuid[]) AND (m.status = 'finished' OR ${busy('m.instance_id')})`;
