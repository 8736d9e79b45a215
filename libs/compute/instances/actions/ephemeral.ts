import type { EntityManager } from 'typeorm';
import { newRequestId } from '#libs/common/ids';
import type { NewOperation } from '#libs/operations/new-operations';
import type { Operations } from '#libs/operations/operations.service';
import { INSTANCE } from './instance-operations.js';
import type { DeleteInstanceInput } from './instance-operations.js';

/** Index: primary key of instances. */
const TAKE = `
  UPDATE instances SET task_state = 'deleting', updated_at = now()
  WHERE id = ANY($1::uuid[]) AND ephemeral AND vm_state = 'stopped' AND task_state IS NULL AND deleted_at IS NULL
  RETURNING id, project_id, user_id`;

/**
 * LXD: an ephemeral instance is deleted when it stops, whoever stops it. Of these instances, which have stopped just now,
 * it marks the ephemeral ones and returns the operations that delete them, in the name of their owners. A reboot does not
 * stop an instance, and a move carries `ephemeral` along.
 */
export async function deletionsOfEphemeral(tx: EntityManager, instanceIds: readonly string[]): Promise<NewOperation[]> {
  const [rows] = await tx.query<[{ id: string; project_id: string; user_id: string }[], number]>(TAKE, [instanceIds]);
  const input: DeleteInstanceInput = { before: { vmState: 'stopped', powerState: 4 }, force: false };
  return rows.map(({ id, project_id: projectId, user_id: userId }) => ({
    kind: 'instance.delete',
    queue: 'instance',
    resourceType: INSTANCE,
    resourceId: id,
    by: { projectId, userId, requestId: newRequestId() },
    input,
  }));
}

/** For the transaction in which a workflow has found or left the instance stopped: makes its deletion where it is ephemeral. */
export async function deleteIfEphemeral(tx: EntityManager, operations: Operations, instanceId: string): Promise<void> {
  for (const deletion of await deletionsOfEphemeral(tx, [instanceId])) await operations.createIn(tx, deletion);
}
