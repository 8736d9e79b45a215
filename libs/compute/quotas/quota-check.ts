import type { EntityManager } from 'typeorm';
import { QuotaExceededError } from '#libs/common/errors';
import { foundInstead, isUnmet, required } from '#libs/database/requirement';
import { defaultLimits } from './default-limits.js';
import type { QuotaResource } from './default-limits.js';
import type { InstanceUsage } from './instance-usage.js';

const ROOM = 'room in the quota of the project';

/** project, what is new by resource with the default limit of each. Usage is counted only where something has a limit. */
const CHECK = `
  WITH wanted AS (
    SELECT w.at, w.resource, w.size, coalesce(q."limit", w.standard) AS "limit"
    FROM jsonb_to_recordset($2::jsonb) AS w(at int, resource text, size float8, standard int)
    LEFT JOIN quotas q ON q.project_id = $1 AND q.resource = w.resource
  ), used AS (
    SELECT count(*) AS instances, coalesce(sum(vcpus), 0) AS cores, coalesce(sum(memory_mb), 0) AS ram
    FROM instances WHERE project_id = $1 AND deleted_at IS NULL AND EXISTS (SELECT FROM wanted WHERE "limit" >= 0)
  ), exceeded AS (
    SELECT w.resource, w.size, w."limit", (to_jsonb(used) ->> w.resource)::float8 AS used FROM wanted w, used
    WHERE w."limit" >= 0 AND (to_jsonb(used) ->> w.resource)::float8 > w."limit" ORDER BY w.at LIMIT 1
  )
  SELECT ${required('NOT EXISTS (SELECT FROM exceeded)', ROOM, '(SELECT to_jsonb(exceeded)::text FROM exceeded)')}`;

interface Exceeded {
  resource: QuotaResource;
  size: number;
  limit: number;
  used: number;
}

/**
 * Fails in PostgreSQL where the project has more than its limits allow, `written` being what of it is new: it may leave together
 * with the commit. The caller holds the project's quota lock. Throws QuotaExceededError. Index: instances_of_project.
 */
export async function requireRoom(
  tx: EntityManager,
  projectId: string,
  written: Partial<InstanceUsage>,
): Promise<void> {
  const wanted = Object.entries(written)
    .filter(([, size]) => size > 0)
    .map(([resource, size], at) => ({ at, resource, size, standard: defaultLimits[resource as QuotaResource] }));
  try {
    await tx.query(CHECK, [projectId, JSON.stringify(wanted)]);
  } catch (error) {
    if (!isUnmet(error, ROOM)) throw error;
    const { resource, size, limit, used } = JSON.parse(foundInstead(error)) as Exceeded;
    throw new QuotaExceededError(resource, size, used - size, limit);
  }
}
