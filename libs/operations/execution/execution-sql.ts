import { PRESENCE_SPACE } from '#libs/database/advisory-locks';
import { required } from '#libs/database/requirement';

/*
 * Each statement is one round trip and one commit. All but those that share a step's transaction are committed without
 * waiting for the disk (set_config … synchronous_commit): what a crash of PostgreSQL may take back is done again.
 */

const UNFINISHED = `('pending', 'running', 'undoing')`;
const NO_WAIT = `set_config('synchronous_commit', 'off', true)`;
const inMs = (parameter: string) => `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`;
/** Name of the requirement that the operation is still under the worker's lease. */
export const LEASE = 'the lease on the operation';
/** The statement fails where it found no row under the lease: it may leave with the commit of the step's transaction. */
const HELD = (changed: string) => required(`${changed}.id IS NOT NULL`, LEASE);
const nextAttempt = (operation: string, name: string) =>
  `1 + (SELECT count(*) FROM operation_steps s WHERE s.operation_id = ${operation} AND s.name = ${name})`;

/** SQL: no earlier unfinished and no running operation on the resource. Index: operations_in_order. */
const ITS_TURN = `NOT EXISTS (
  SELECT FROM operations e
  WHERE e.resource_type = o.resource_type AND e.resource_id = o.resource_id AND e.id <> o.id
    AND e.state IN ${UNFINISHED}
    AND ((e.created_at, e.id) < (o.created_at, o.id) OR e.locked_until > clock_timestamp()))`;

/** Parameters: id, first step, worker, lease. */
export const CLAIM = `
  WITH claimed AS (
    UPDATE operations o SET
      state = CASE state WHEN 'pending' THEN 'running' ELSE state END,
      step = CASE state WHEN 'pending' THEN $2 ELSE step END,
      locked_by = $3, locked_until = ${inMs('$4')}, not_before = NULL,
      started_at = coalesce(started_at, clock_timestamp()), updated_at = clock_timestamp()
    WHERE id = $1 AND state IN ${UNFINISHED}
      AND (locked_until IS NULL OR locked_until < clock_timestamp()) AND ${ITS_TURN}
    RETURNING o.*
  ), abandoned AS (
    UPDATE operation_steps s SET finished_at = clock_timestamp(), result = 'error', message = 'The worker was lost.'
    FROM claimed WHERE s.operation_id = claimed.id AND s.finished_at IS NULL
  ), begun AS (
    INSERT INTO operation_steps (operation_id, name, attempt, started_at)
    SELECT id, step, ${nextAttempt('claimed.id', 'claimed.step')}, clock_timestamp()
    FROM claimed WHERE state = 'running'
    RETURNING attempt
  )
  SELECT claimed.*, begun.attempt, ${NO_WAIT} FROM claimed LEFT JOIN begun ON true`;

/** Parameters: ids, worker, lease. */
export const RENEW = `
  UPDATE operations SET locked_until = ${inMs('$3')}
  WHERE id = ANY($1::uuid[]) AND locked_by = $2
  RETURNING id, cancel_requested, ${NO_WAIT}`;

/**
 * Parameters: id, worker, step, attempt, next step, context, lease, synchronous_commit, whether it can still be undone.
 */
export const ADVANCE = `
  WITH moved AS (
    UPDATE operations SET
      step = $5::text, context = $6, attempts = 0, updated_at = clock_timestamp(), may_cancel = may_cancel AND $9::boolean,
      state = CASE WHEN $5::text IS NULL THEN 'done' ELSE state END,
      finished_at = CASE WHEN $5::text IS NULL THEN clock_timestamp() END,
      locked_by = CASE WHEN $5::text IS NOT NULL THEN locked_by END,
      locked_until = CASE WHEN $5::text IS NOT NULL THEN ${inMs('$7')} END
    WHERE id = $1 AND locked_by = $2 AND state = 'running' AND step = $3
    RETURNING id, cancel_requested
  ), ended AS (
    UPDATE operation_steps s SET finished_at = clock_timestamp(), result = 'success'
    FROM moved WHERE s.operation_id = moved.id AND s.name = $3 AND s.attempt = $4
  ), begun AS (
    INSERT INTO operation_steps (operation_id, name, attempt, started_at)
    SELECT id, $5::text, ${nextAttempt('moved.id', '$5::text')}, clock_timestamp() FROM moved WHERE $5::text IS NOT NULL
    RETURNING attempt
  )
  SELECT moved.cancel_requested, coalesce(begun.attempt, 0) AS attempt, set_config('synchronous_commit', $8, true)
  FROM (SELECT) one LEFT JOIN moved ON true LEFT JOIN begun ON true WHERE ${HELD('moved')}`;

/** Parameters: id, worker, step, attempt, message, delay, context. */
export const BACK_OFF = `
  WITH freed AS (
    UPDATE operations SET
      attempts = attempts + 1, not_before = ${inMs('$6')}, context = $7, locked_by = NULL, locked_until = NULL,
      updated_at = clock_timestamp()
    WHERE id = $1 AND locked_by = $2
    RETURNING id, not_before
  ), ended AS (
    UPDATE operation_steps s SET finished_at = clock_timestamp(), result = 'error', message = $5
    FROM freed WHERE s.operation_id = freed.id AND s.name = $3 AND s.attempt = $4 AND s.finished_at IS NULL
  )
  SELECT extract(epoch FROM not_before) * 1000 AS due, ${NO_WAIT} FROM freed`;

/** Parameters: id, worker, step, attempt, delay. */
export const PARK = `
  WITH freed AS (
    UPDATE operations SET
      not_before = ${inMs('$5')}, locked_by = NULL, locked_until = NULL, updated_at = clock_timestamp()
    WHERE id = $1 AND locked_by = $2
    RETURNING id, not_before
  ), unbegun AS (
    DELETE FROM operation_steps s USING freed
    WHERE s.operation_id = freed.id AND s.name = $3 AND s.attempt = $4 AND s.finished_at IS NULL
  )
  SELECT extract(epoch FROM not_before) * 1000 AS due, ${NO_WAIT} FROM freed`;

/** Parameters: id, worker, step, attempt, message, first step to undo, failure, context. */
export const BEGIN_UNDO = `
  WITH turned AS (
    UPDATE operations SET
      state = 'undoing', step = $6::text, failure = $7, context = $8, attempts = 0, updated_at = clock_timestamp()
    WHERE id = $1 AND locked_by = $2 AND state = 'running'
    RETURNING id
  ), ended AS (
    UPDATE operation_steps s SET finished_at = clock_timestamp(), result = 'error', message = $5
    FROM turned WHERE s.operation_id = turned.id AND s.name = $3 AND s.attempt = $4
  )
  SELECT id, ${NO_WAIT} FROM turned`;

/** Parameters: id, worker, step, next step to undo, context. */
export const UNDONE = `
  WITH moved AS (
    UPDATE operations SET step = $4::text, context = $5, attempts = 0, updated_at = clock_timestamp()
    WHERE id = $1 AND locked_by = $2 AND state = 'undoing' AND step = $3
    RETURNING id
  ), ended AS (
    UPDATE operation_steps s SET result = 'undone'
    FROM moved WHERE s.operation_id = moved.id AND s.name = $3 AND s.result = 'success'
  )
  SELECT id FROM (SELECT) one LEFT JOIN moved ON true WHERE ${HELD('moved')}`;

/** Parameters: id, worker, state, context. */
export const END = `
  WITH ended AS (
    UPDATE operations SET
      state = $3, context = $4, step = NULL, locked_by = NULL, locked_until = NULL,
      finished_at = clock_timestamp(), updated_at = clock_timestamp()
    WHERE id = $1 AND locked_by = $2 AND state = 'undoing'
    RETURNING id
  )
  SELECT id FROM (SELECT) one LEFT JOIN ended ON true WHERE ${HELD('ended')}`;

/** Parameters: resource type, resource id. Index: operations_in_order. */
export const NEXT_ON_RESOURCE = `
  SELECT id, kind, queue FROM operations
  WHERE resource_type = $1 AND resource_id = $2 AND state IN ${UNFINISHED}
  ORDER BY created_at, id LIMIT 1`;

/**
 * Operations that should be in a queue or under a lease and may be in neither. Index: operations_unfinished. Parameter:
 * limit.
 */
export const LEFT_BEHIND = `
  SELECT id, kind, queue, state, round(extract(epoch FROM not_before) * 1000) AS due,
    round(extract(epoch FROM locked_until) * 1000) AS expired
  FROM operations o
  WHERE state IN ${UNFINISHED}
    AND (not_before IS NULL OR not_before < clock_timestamp())
    AND (locked_until IS NULL OR locked_until < clock_timestamp())
    AND updated_at < clock_timestamp() - interval '1 second' AND ${ITS_TURN}
  ORDER BY created_at LIMIT $1`;

/**
 * Removes outbox rows that are older than a second and returns their operations that no worker has begun: the job may
 * be missing. LEFT_BEHIND finds what is missed here. Index: outbox_oldest. Parameter: limit.
 */
export const EMPTY_OUTBOX = `
  WITH old AS (
    SELECT operation_id FROM outbox WHERE created_at < now() - interval '1 second'
    ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM outbox USING old WHERE outbox.operation_id = old.operation_id RETURNING outbox.operation_id
  )
  SELECT o.id, o.kind, o.queue, ${NO_WAIT} FROM gone JOIN operations o ON o.id = gone.operation_id
  WHERE o.state = 'pending' AND o.locked_by IS NULL`;

/** Parameter: worker. The lock is shared, so two worker names with the same hash can both hold it. */
export const SHOW_PRESENCE = `SELECT pg_advisory_lock_shared(${PRESENCE_SPACE}, hashtext($1))`;

/**
 * Workers that hold leases and have no presence lock. Returns none in the first seconds after a start of PostgreSQL,
 * which ends every worker's session.
 */
export const WORKERS_MISSED = `
  SELECT DISTINCT locked_by AS worker FROM operations
  WHERE state IN ${UNFINISHED} AND locked_until > clock_timestamp()
    AND pg_postmaster_start_time() < clock_timestamp() - interval '5 seconds'
    AND NOT EXISTS (
      SELECT FROM pg_locks
      WHERE locktype = 'advisory' AND granted AND classid::bigint = ${PRESENCE_SPACE}
        AND objid::bigint = (hashtext(locked_by)::bigint & 4294967295)
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`;

/** Parameter: workers. */
export const EXPIRE_LEASES = `
  UPDATE operations SET locked_until = clock_timestamp()
  WHERE locked_by = ANY($1::text[]) AND state IN ${UNFINISHED} AND locked_until > clock_timestamp()`;
