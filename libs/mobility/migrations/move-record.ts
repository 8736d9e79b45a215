import type { EntityManager } from 'typeorm';
import { newId } from '#libs/common/ids';
import { INSTANCE } from '#libs/compute/instances/actions/instance-operations';
import type { Instance, InstanceFlavor } from '#libs/compute/instances/instance.entity';
import type { Host } from '#libs/fleet/hosts/host.entity';
import type { CreateOperation, NewOperation } from '#libs/operations/operations.service';
import type { Asking } from './mandate.js';
import { Migration } from './migration.entity.js';
import type { MigrationType } from './migration.entity.js';
import type { MoveInput } from './move-operations.js';

/** A move that has passed the checks. */
export interface MovePlan extends Pick<MoveInput, 'overCommitDisk' | 'memoryMode' | 'atOnce' | 'needs'> {
  type: MigrationType;
  kind: string;
  target: Host | null;
  force?: boolean;
  newFlavor?: InstanceFlavor;
  parentId?: string;
}

/** Writes the migration and its operation, in the transaction that set the instance's task_state. */
export async function recordMove(
  tx: EntityManager,
  create: CreateOperation,
  by: Asking,
  instance: Instance,
  plan: MovePlan,
): Promise<Migration> {
  const { type, kind, target, force = false, newFlavor, parentId, ...how } = plan;
  const uuid = newId();
  const input: MoveInput = {
    migrationId: uuid,
    before: { vmState: instance.vmState, powerState: instance.powerState },
    source: { hostId: instance.hostId!, epoch: instance.epoch },
    targetHostId: target?.id ?? null,
    force,
    ...how,
    newFlavor: newFlavor ?? null,
  };
  const operation = await create({ ...moveOperation(by, kind, instance.id, input), parentId });
  return tx.save(
    tx.create(Migration, {
      uuid,
      migrationType: type,
      status: type === 'evacuation' ? 'accepted' : 'queued',
      instanceId: instance.id,
      operationId: operation.id,
      sourceHostId: instance.hostId,
      destHostId: target?.id ?? null,
      oldFlavorId: instance.flavor?.id ?? null,
      newFlavorId: newFlavor?.id ?? instance.flavor?.id ?? null,
      projectId: by.projectId,
      userId: by.userId,
    }),
  );
}

/** An operation of a move on the instance, in the queue `migration`. */
export function moveOperation(by: Asking, kind: string, instanceId: string, input: object): NewOperation {
  return { kind, queue: 'migration', resourceType: INSTANCE, resourceId: instanceId, by, input };
}
