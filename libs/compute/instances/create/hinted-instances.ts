import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { allows } from '#libs/policy/policy';
import { Instance } from '../instance.entity.js';

/**
 * Throws NotFoundError where the scheduler hint same_host or different_host names an instance that the caller may not
 * see, so that nobody finds out where another project's instances run. An instance that was deleted may be named.
 */
export async function requireHinted(
  tx: EntityManager,
  caller: Caller,
  { same_host: same = [], different_host: different = [] }: Record<string, string | string[]>,
): Promise<void> {
  const named = [same, different].flat();
  if (!named.length) return;
  const where = {
    id: In(named.filter((id) => UUID.test(id))),
    ...(!allows(caller, 'os_compute_api:servers:index:get_all_tenants') && { projectId: caller.projectId }),
  };
  const found = await tx.find(Instance, { select: { id: true }, where });
  const known = new Set(found.map(({ id }) => id));
  const unknown = named.find((id) => !known.has(id.toLowerCase()));
  if (unknown !== undefined) throw new NotFoundError('Instance', unknown);
}
