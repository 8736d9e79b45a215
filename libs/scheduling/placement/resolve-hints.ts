import type { EntityManager } from 'typeorm';
import { lockKey } from '#libs/database/advisory-locks';
import { InvalidInputError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import type { GroupConstraint, PlacementQuery } from '../core/request.js';

type Hints = Record<string, string | string[]>;
type Resolved = Pick<PlacementQuery, 'sameHostIds' | 'differentHostIds' | 'group'>;

/**
 * The hosts that Nova's scheduler hints same_host, different_host (ids of instances) and group (id of a server group)
 * stand for. Throws InvalidInputError for hints that name nothing.
 */
export async function resolveHints(tx: EntityManager, instanceId: string, hints: Hints): Promise<Resolved> {
  const { same_host: same, different_host: different, group } = hints;
  return {
    sameHostIds: same ? await sameHosts(tx, instanceId, same) : null,
    differentHostIds: different ? await hostsOf(tx, 'different_host', different) : null,
    group: group ? await resolveGroup(tx, instanceId, requireUuid('group', [group].flat()[0])) : null,
  };
}

/**
 * Members of a group are placed one after the other, each in its transaction, so that each sees the claims before it:
 * two at the same time could break the group's policy.
 */
export async function lockGroup(tx: EntityManager, { group }: Hints): Promise<void> {
  if (group) await lockKey(tx, 'server-group', [group].flat()[0]);
}

/** Null where the instance has a host and those that it was to be beside are gone: nothing keeps it there any more. */
async function sameHosts(tx: EntityManager, instanceId: string, same: string | string[]): Promise<Set<string> | null> {
  const hosts = await hostsOf(tx, 'same_host', same);
  if (hosts.size) return hosts;
  const placed = await tx.query<unknown[]>('SELECT FROM instances WHERE id = $1 AND host_id IS NOT NULL', [instanceId]);
  return placed.length ? null : hosts;
}

/** Reads allocations instead of instances.host_id: they also tell where an instance is about to be. */
async function hostsOf(tx: EntityManager, hint: string, instances: string | string[]): Promise<Set<string>> {
  const ids = [instances].flat().map((id) => requireUuid(hint, id));
  const rows = await tx.query<{ host_id: string }[]>(
    'SELECT DISTINCT host_id FROM allocations WHERE instance_id = ANY($1::uuid[])',
    [ids],
  );
  return new Set(rows.map((row) => row.host_id));
}

/** Indexes: instances_in_group, allocations_by_instance. */
const GROUP = `
  SELECT g.policy, g.max_server_per_host, a.host_id, count(DISTINCT i.id)::int AS members
  FROM server_groups g
  LEFT JOIN instances i ON i.scheduler_hints ->> 'group' = g.id::text AND i.deleted_at IS NULL AND i.id <> $2
  LEFT JOIN allocations a ON a.instance_id = i.id
  WHERE g.id = $1 GROUP BY g.id, a.host_id`;

interface GroupRow {
  policy: GroupConstraint['policy'];
  max_server_per_host: number | null;
  host_id: string | null;
  members: number;
}

/** Null where the group is deleted: its members are no longer kept together or apart. */
async function resolveGroup(tx: EntityManager, instanceId: string, groupId: string): Promise<GroupConstraint | null> {
  const rows = await tx.query<GroupRow[]>(GROUP, [groupId, instanceId]);
  if (!rows.length) return null;
  const placed = rows.flatMap(({ host_id, members }): [string, number][] => (host_id ? [[host_id, members]] : []));
  return {
    policy: rows[0].policy,
    maxPerHost: rows[0].max_server_per_host ?? 1,
    membersByHost: new Map(placed),
  };
}

function requireUuid(hint: string, id: string): string {
  if (!UUID.test(id)) throw new InvalidInputError(`scheduler_hints.${hint}`, 'a UUID');
  return id;
}
