import type { EntityManager } from 'typeorm';
import { InvalidInputError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import type { PlacementQuery } from '../core/request.js';
import { membersOfGroup } from './server-group-members.js';

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
    group: group ? await membersOfGroup(tx, instanceId, requireUuid('group', [group].flat()[0])) : null,
  };
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

function requireUuid(hint: string, id: string): string {
  if (!UUID.test(id)) throw new InvalidInputError(`scheduler_hints.${hint}`, 'a UUID');
  return id;
}
