import type { EntityManager } from 'typeorm';
import type { Fence } from '#generated/lxstack/agent/v1/control_plane';
import { UUID } from '#libs/common/names';
import { fenceTimes } from './fence-times.js';

/** Of an instance `i` that is marked for evacuation: by metadata, as Masakari has it, or by an extra spec of its flavor. */
export const IS_MARKED = `(lower(i.metadata ->> 'HA_Enabled') = 'true'
  OR lower(i.flavor -> 'extraSpecs' ->> 'lxstack:ha_enabled') = 'true')`;

/** Index instances_on_host. */
const MARKED = `
  SELECT i.id FROM instances i WHERE i.host_id = $1 AND i.deleted_at IS NULL AND ${IS_MARKED} ORDER BY i.id`;

/** Written where it differs only: this is done at each heartbeat. */
const KEEP = `
  INSERT INTO host_fences AS f (host_id, stop_seconds, instance_ids) VALUES ($1, $2, $3::uuid[])
  ON CONFLICT (host_id) DO UPDATE
    SET stop_seconds = excluded.stop_seconds, instance_ids = excluded.instance_ids
    WHERE (f.stop_seconds, f.instance_ids) IS DISTINCT FROM (excluded.stop_seconds, excluded.instance_ids)`;

/**
 * Takes down what the host's agent promises, and gives what it is to promise next. The host's row is locked by the caller.
 * Kept is what is still marked only, since the agent lets go what the answer does not name, and the longer of the times,
 * since it takes over those of the answer.
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
