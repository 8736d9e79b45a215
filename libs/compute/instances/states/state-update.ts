import type { EntityManager } from 'typeorm';
import { NotFoundError } from '#libs/common/errors';
import { required } from '#libs/database/requirement';
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
    | 'deletedAt'
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

type From = Pick<InstanceTransition, 'vmStates' | 'taskStates'>;

/**
 * One UPDATE of an instance that stands in the states of `from`. Returns false where it stands elsewhere or is
 * deleted.
 */
export async function compareAndSet(
  tx: EntityManager,
  instanceId: string,
  from: From,
  changes: StateChanges,
): Promise<boolean> {
  const { sql, values } = update(tx, instanceId, from, changes);
  const rows = await tx.query<unknown[]>(`WITH changed AS (${sql}) SELECT id FROM changed`, values);
  return rows.length === 1;
}

/** Name of the requirement that the instance still stands in the states that a transition starts from. */
export const STATE = 'the state of the instance';

/** As `compareAndSet`, failing in PostgreSQL (`isUnmet` of STATE): it may leave together with a commit. */
export async function requireSet(
  tx: EntityManager,
  instanceId: string,
  from: From,
  changes: StateChanges,
): Promise<void> {
  const { sql, values } = update(tx, instanceId, from, changes);
  const held = required('EXISTS (SELECT FROM changed)', STATE);
  await tx.query(`WITH changed AS (${sql}) SELECT ${held}`, values);
}

/** Text made of names of columns only: one prepared statement for each transition. */
function update(tx: EntityManager, instanceId: string, { vmStates, taskStates }: From, changes: StateChanges) {
  const values: unknown[] = [instanceId];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const { columns } = tx.connection.getMetadata(Instance);
  const columnOf = (name: string) => columns.find(({ propertyName }) => propertyName === name)!.databaseName;
  const set = Object.entries(changes).map(([name, value]) => `${columnOf(name)} = ${parameter(value)}`);
  const where = ['id = $1', 'deleted_at IS NULL'];
  if (vmStates !== 'any') where.push(`vm_state = ANY(${parameter(vmStates)}::text[])`);
  if (taskStates !== 'any') {
    const idle = taskStates.includes(null) ? ' OR task_state IS NULL' : '';
    where.push(`(task_state = ANY(${parameter(taskStates.filter((state) => state !== null))}::text[])${idle})`);
  }
  const sql = `UPDATE instances SET ${set.join(', ')}, updated_at = now() WHERE ${where.join(' AND ')} RETURNING id`;
  return { sql, values };
}
