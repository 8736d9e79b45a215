/** Days for which ended things are kept; 0: for ever. */
export interface KeptDays {
  operations: number;
  migrations: number;
  instances: number;
}

export interface RetentionRule {
  what: string;
  keep: keyof KeptDays;
  /** Removes at most $2 rows that ended more than $1 days ago and returns one row for each. */
  remove: string;
}

const ENDED = `('done', 'error', 'cancelled')`;
const OLD = `now() - make_interval(days => $1)`;

/** In this order: a thing is removed before what it refers to. */
export const RULES: readonly RetentionRule[] = [
  {
    what: 'plans',
    keep: 'operations',
    // Index rebalance_plans_newest.
    remove: `DELETE FROM rebalance_plans WHERE id IN (
      SELECT p.id FROM rebalance_plans p
      WHERE p.created_at < ${OLD} AND NOT EXISTS (
        SELECT FROM move_batches b JOIN operations o ON o.id = b.operation_id
        WHERE b.id = p.batch_id AND (o.state NOT IN ${ENDED} OR o.finished_at >= ${OLD}))
      LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1`,
  },
  {
    what: 'batches of moves',
    keep: 'operations',
    remove: `WITH old AS (
      SELECT b.id FROM move_batches b JOIN operations o ON o.id = b.operation_id
      WHERE o.state IN ${ENDED} AND o.finished_at < ${OLD}
        AND NOT EXISTS (SELECT FROM rebalance_plans p WHERE p.batch_id = b.id)
      LIMIT $2 FOR UPDATE OF b SKIP LOCKED
    ), items AS (DELETE FROM move_batch_items i USING old WHERE i.batch_id = old.id)
    DELETE FROM move_batches b USING old WHERE b.id = old.id RETURNING 1`,
  },
  {
    what: 'operations',
    keep: 'operations',
    // Index operations_finished. The operation that placed an instance is kept: it holds the reason for the host.
    remove: `WITH old AS (
      SELECT o.id FROM operations o
      WHERE o.finished_at < ${OLD} AND o.state IN ${ENDED}
        AND NOT EXISTS (SELECT FROM move_batches b WHERE b.operation_id = o.id)
        AND NOT (o.context ? 'placement' AND o.resource_type = 'instance' AND EXISTS (
          SELECT FROM instances i WHERE i.id::text = o.resource_id AND i.deleted_at IS NULL))
      ORDER BY o.finished_at LIMIT $2 FOR UPDATE OF o SKIP LOCKED
    ), steps AS (DELETE FROM operation_steps s USING old WHERE s.operation_id = old.id)
    DELETE FROM operations o USING old WHERE o.id = old.id RETURNING 1`,
  },
  {
    what: 'migrations',
    keep: 'migrations',
    // Index migrations_newest. A migration that waits for its confirm, or for its source to come back, has not ended.
    remove: `DELETE FROM migrations WHERE uuid IN (
      SELECT m.uuid FROM migrations m
      WHERE m.created_at < ${OLD} AND m.updated_at < ${OLD}
        AND m.status IN ('completed', 'confirmed', 'reverted', 'cancelled', 'error', 'failed')
      ORDER BY m.created_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1`,
  },
  {
    what: 'deleted instances',
    keep: 'instances',
    // Index instances_deleted. An instance with allocations, ports or migrations stays, so that the audit shows it.
    remove: `WITH old AS (
      SELECT i.id FROM instances i
      WHERE i.deleted_at < ${OLD}
        AND NOT EXISTS (SELECT FROM allocations a WHERE a.instance_id = i.id)
        AND NOT EXISTS (SELECT FROM ports p WHERE p.instance_id = i.id)
        AND NOT EXISTS (SELECT FROM migrations m WHERE m.instance_id = i.id)
      ORDER BY i.deleted_at LIMIT $2 FOR UPDATE OF i SKIP LOCKED
    ), snaps AS (DELETE FROM snapshots s USING old WHERE s.instance_id = old.id)
    DELETE FROM instances i USING old WHERE i.id = old.id RETURNING 1`,
  },
];
