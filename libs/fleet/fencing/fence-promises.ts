import type { EntityManager } from 'typeorm';
import type { Fence } from '#generated/lxstack/agent/v1/control_plane';
import { UUID } from '#libs/common/names';
import { fenceTimes } from './fence-times.js';

/** SQL: instance `i` is marked for evacuation, by metadata (as Masakari has it) or by an extra spec of its flavor. */
export const IS_MARKED = `(lower(i.metadata ->> 'HA_Enabled') = 'true'
  OR lower(i.flavor -> 'extraSpecs' ->> 'lxstack:ha_enabled') = 'true')`;

/** Index instances_on_host. */
const MARKED = `
  SELECT i.id FROM instances i WHERE i.host_id = $1 AND i.deleted_at IS NULL AND ${IS_MARKED} ORDER BY i.id`;

/** Writes only what differs, because every heartbeat does this. */
const KEEP = `
  INSERT INTO host_fences AS f (host_id, stop_seconds, instance_ids) VALUES ($1, $2, $3::uuid[])
  ON CONFLICT (host_id) DO UPDATE
    SET stop_seconds = excluded.stop_seconds, instance_ids = excluded.instance_ids
    WHERE (f.stop_seconds, f.instance_ids) IS DISTINCT FROM (excluded.stop_seconds, excluded.instance_ids)`;

/**
 * Keeps what the agent has promised, and returns what it is to promise next. The caller holds the host's row. Keeps
 * only instances that are still marked, because the agent drops those that the answer does not name; keeps the longer
 * of the two times, because the agent takes over the answer's.
 */
export async function exchangeFences(tx: EntityManager, hostId: string, promised: Fence | undefined): Promise<Fence> {
  const rows = await tx.query<{ id: string }[]>(MARKED, [hostId]);
  const instanceIds = rows.map(({ id }) => id);
  const heard = new Set(promised?.instanceIds.filter((id) => UUID.test(id)));
  const kept = instanceIds.filter((id) => heard.has(id));
  const times = fenceTimes();
  await tx.query(KEEP, [hostId, Math.max(times.stopSeconds, promised?.stopSeconds ?? 0), kept]);
  return { ...times, instanceIds };
}
