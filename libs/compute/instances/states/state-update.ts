import type { EntityManager } from 'typeorm';
import { NotFoundError } from '#libs/common/errors';
import { Instance } from '../instance.entity.js';
import type { InstanceFlavor } from '../instance.entity.js';
import { resourcesOfFlavor } from '../instance-resources.js';
import type { InstanceTransition } from './instance-states.js';

/** The columns that a change of state may write. */
export type StateChanges = Partial<
  Pick<
    Instance,
    | 'vmState'
    | 'taskState'
    | 'powerState'
    | 'hostId'
    | 'flavor'
    | 'oldFlavor'
    | 'vcpus'
    | 'memoryMb'
    | 'diskGb'
    | 'launchedAt'
    | 'fault'
  >
>;

/**
 * The columns of a flavor and of the resources that follow from it. Null: an instance without a flavor keeps its
 * resources.
 */
export const withFlavor = (flavor: InstanceFlavor | null): StateChanges =>
  flavor ? { flavor, ...resourcesOfFlavor(flavor) } : {};

/** Throws NotFoundError, also where the instance is deleted. */
export async function loadInstance(tx: EntityManager, instanceId: string): Promise<Instance> {
  const instance = await tx.findOneBy(Instance, { id: instanceId });
  if (!instance || instance.deletedAt) throw new NotFoundError('Instance', instanceId);
  return instance;
}

/**
 * One UPDATE of an instance that stands in the states of `from`. Returns false where it stands elsewhere or is
 * deleted.
 */
export async function compareAndSet(
  tx: EntityManager,
  instanceId: string,
  from: Pick<InstanceTransition, 'vmStates' | 'taskStates'>,
  changes: StateChanges,
): Promise<boolean> {
  const query = tx
    .createQueryBuilder()
    .update(Instance)
    .set(changes)
    .where('id = :instanceId AND deleted_at IS NULL', { instanceId });
  if (from.vmStates !== 'any') query.andWhere('vm_state IN (:...vmStates)', { vmStates: from.vmStates });
  if (from.taskStates !== 'any') {
    const named = from.taskStates.filter((state) => state !== null);
    const parts = [
      ...(from.taskStates.includes(null) ? ['task_state IS NULL'] : []),
      ...(named.length ? ['task_state IN (:...taskStates)'] : []),
    ];
    query.andWhere(`(${parts.join(' OR ')})`, { taskStates: named });
  }
  return (await query.execute()).affected === 1;
}
