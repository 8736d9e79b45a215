import type { EntityManager } from 'typeorm';
import { isUnmet } from '#libs/database/requirement';
import { withCommit } from '#libs/database/transactions';
import { Instance } from '../instance.entity.js';
import { InstanceTransitionLostError } from '../instance.errors.js';
import { transitions } from './instance-states.js';
import type { InstanceTransition, InstanceTransitionName } from './instance-states.js';
import { compareAndSet, requireSet, STATE } from './state-update.js';
import type { StateChanges } from './state-update.js';

/**
 * Makes one transition of the table in one UPDATE. Throws InstanceTransitionLostError where the instance does not stand
 * in its start states.
 */
export async function applyTransition(
  tx: EntityManager,
  instanceId: string,
  name: InstanceTransitionName,
  changes: StateChanges = {},
): Promise<void> {
  const transition: InstanceTransition = transitions[name];
  if (await compareAndSet(tx, instanceId, transition, { ...transition.to, ...changes })) return;
  throw await lost(tx, instanceId, name);
}

/** As `applyTransition`, together with the commit of the transaction that it is part of (`transact`), which then throws. */
export async function applyWithCommit(
  tx: EntityManager,
  instanceId: string,
  name: InstanceTransitionName,
  changes: StateChanges,
): Promise<void> {
  const transition: InstanceTransition = transitions[name];
  const set = requireSet(tx, instanceId, transition, { ...transition.to, ...changes });
  const told = set.catch(async (error: unknown) => {
    // Its own transaction answers nothing any more.
    throw isUnmet(error, STATE) ? await lost(tx.connection.manager, instanceId, name) : error;
  });
  await withCommit(tx, told);
}

/**
 * As `applyTransition`, for a change that can no longer be undone: it is written also where a delete has been accepted
 * meanwhile, and the delete comes next.
 */
export async function settleTransition(
  tx: EntityManager,
  instanceId: string,
  name: InstanceTransitionName,
  changes: StateChanges,
): Promise<void> {
  const deleting = { vmStates: 'any', taskStates: ['deleting'] } as const;
  if (await compareAndSet(tx, instanceId, deleting, { taskState: 'deleting' })) return;
  await applyTransition(tx, instanceId, name, changes);
}

async function lost(
  tx: EntityManager,
  instanceId: string,
  name: InstanceTransitionName,
): Promise<InstanceTransitionLostError> {
  const now = await tx.findOneBy(Instance, { id: instanceId });
  const state = !now || now.deletedAt ? 'deleted' : `${now.vmState}/${now.taskState ?? 'idle'}`;
  return new InstanceTransitionLostError(instanceId, name, state);
}
