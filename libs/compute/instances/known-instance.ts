import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { entityOf } from '#libs/database/entity-row';
import { allows, requireAllowed } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { instanceTarget } from './instance-target.js';
import { Instance } from './instance.entity.js';

const LOCK_INSTANCE = 'SELECT * FROM instances WHERE id = $1 FOR UPDATE';

const SHOW = 'os_compute_api:servers:show' satisfies RuleName;

/** `lock`: the row is held until the transaction ends. */
export interface Looking {
  withDeleted?: boolean;
  lock?: boolean;
}

/**
 * The instance, to be treated as the rule says. Throws NotFoundError where there is none that the caller may know of
 * (another project's; deleted ones are found only where `withDeleted` says so), PolicyDeniedError where the rule says no.
 */
export async function requireInstance(
  tx: EntityManager,
  caller: Caller,
  id: string,
  rule: RuleName = SHOW,
  { withDeleted = false, lock = false }: Looking = {},
): Promise<Instance> {
  const found = UUID.test(id) ? await (lock ? locked(tx, id) : tx.findOneBy(Instance, { id })) : null;
  const instance = found && (withDeleted || !found.deletedAt) ? found : null;
  if (!instance || !allows(caller, SHOW, instanceTarget(instance))) throw new NotFoundError('Instance', id);
  requireAllowed(caller, rule, instanceTarget(instance));
  return instance;
}

async function locked(tx: EntityManager, id: string): Promise<Instance | null> {
  const [row] = await tx.query<Record<string, unknown>[]>(LOCK_INSTANCE, [id]);
  return row ? entityOf(tx, Instance, row) : null;
}
