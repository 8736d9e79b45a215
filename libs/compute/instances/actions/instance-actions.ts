import { allows } from '#libs/policy/policy';
import { instanceTarget } from '../instance-target.js';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { entityOf } from '#libs/database/entity-row';
import type { Operation } from '#libs/operations/operation.entity';
import { Operations } from '#libs/operations/operations.service';
import { Quotas } from '../../quotas/quotas.js';
import { Instance } from '../instance.entity.js';
import { INSTANCE } from './instance-operations.js';
import type { Before, DeleteInstanceInput, PowerInput, RebootInput, RebuildInput } from './instance-operations.js';
import { actionRules } from '../states/instance-states.js';
import type { InstanceAction } from '../states/instance-states.js';
import { InstanceTransitions } from '../states/instance-transitions.js';
import { imageOfRebuild, requireArchitecture, requireFits } from '../create/usable-image.js';
import { copyOfKey } from '../create/guest-data.js';

export interface Rebuild {
  imageId: string;
  name?: string;
  description?: string | null;
  metadata?: Record<string, string>;
  keyName?: string | null;
  userData?: string | null;
  hostname?: string;
}

const LOCK_INSTANCE = 'SELECT * FROM instances WHERE id = $1 FOR UPDATE';

/** Index operations_in_order. */
const UNFINISHED = `
  SELECT id, kind FROM operations
  WHERE resource_type = $1 AND resource_id = $2 AND state IN ('pending', 'running', 'undoing')`;

type Prepare = (tx: EntityManager, before: Instance) => Promise<object>;

/**
 * What users do to an instance. Each method asks the state table, sets task_state and writes the operation in one
 * transaction.
 */
@Injectable()
export class InstanceActions {
  constructor(
    private readonly operations: Operations,
    private readonly transitions: InstanceTransitions,
    private readonly quotas: Quotas,
  ) {}

  /** Nova API: os-start, os-stop, pause, unpause. Throws NotFoundError, PolicyDeniedError, InstanceStateError. */
  async power(caller: Caller, id: string, action: 'start' | 'stop' | 'pause' | 'unpause'): Promise<Operation> {
    return this.begin(caller, id, action, async (_tx, before) => ({ before: statesOf(before) }) satisfies PowerInput);
  }

  /** Nova API: reboot. `soft` lets the guest's init shut down first. Throws as `power`. */
  async reboot(caller: Caller, id: string, type: 'soft' | 'hard'): Promise<Operation> {
    const action = type === 'soft' ? 'soft_reboot' : 'hard_reboot';
    return this.begin(caller, id, action, async (_tx, before) => {
      return { before: statesOf(before), hard: type === 'hard' } satisfies RebootInput;
    });
  }

  /**
   * Nova API: rebuild. The instance gets a new root from an image and keeps its ports, flavor and host; one that was
   * stopped stays stopped. Throws as `power`, and what `imageOfRebuild` throws.
   */
  async rebuild(caller: Caller, id: string, wanted: Rebuild): Promise<Operation> {
    return this.begin(caller, id, 'rebuild', async (tx, before) => {
      const { imageId, keyName, ...changes } = wanted;
      const key = keyName === undefined ? {} : await copyOfKey(tx, caller.userId, keyName);
      if (changes.metadata) await this.quotas.requireMetadata(tx, caller.projectId, changes.metadata);
      const image = await imageOfRebuild(tx, caller, imageId, before.imageId);
      requireFits(before, image);
      await requireArchitecture(tx, image, before.hostId);
      await tx.update(Instance, { id }, { imageId, ...changes, ...key });
      const start = before.vmState !== 'stopped';
      return { before: statesOf(before), imageId, previousImageId: before.imageId, start } satisfies RebuildInput;
    });
  }

  /**
   * Nova API: DELETE /servers/{id}, forceDelete. Allowed in every state; operations under way on the instance are
   * asked to end. Returns null where a delete had been accepted before: no second operation is made.
   */
  async delete(caller: Caller, id: string, force: boolean): Promise<Operation | null> {
    return this.operations.transact(async (tx, create) => {
      const [present, others] = await Promise.all([lockOwn(tx, caller, id), unfinished(tx, id)]);
      if (present.taskState === 'deleting' && others.some(({ kind }) => kind === 'instance.delete')) return null;
      // The delete waits until the operations before it on this instance have ended; they are asked to end early.
      for (const other of others) await this.operations.requestCancel(other.id, tx);
      const input: DeleteInstanceInput = { before: statesOf(present), force };
      const [, operation] = await Promise.all([
        this.transitions.beginLocked(tx, present, force ? 'force_delete' : 'delete'),
        create({
          kind: 'instance.delete',
          queue: 'instance',
          resourceType: INSTANCE,
          resourceId: id,
          by: caller,
          input,
        }),
      ]);
      return operation;
    });
  }

  /**
   * Nova API: os-resetState. An operator says what the state is; no host is called and an operation under way goes
   * on.
   */
  async resetState(caller: Caller, id: string, vmState: 'active' | 'error'): Promise<void> {
    await this.operations.transact(async (tx) => {
      await lockOwn(tx, caller, id);
      await this.transitions.reset(tx, id, vmState);
      const kind = 'instance.reset-state';
      const input = { vmState };
      await this.operations.record(tx, {
        kind,
        queue: 'instance',
        resourceType: INSTANCE,
        resourceId: id,
        by: caller,
        input,
      });
    });
  }

  /**
   * One transaction: sets the states by compare-and-set, writes what `prepare` changes, and the operation with the
   * input that `prepare` returns.
   */
  private async begin(caller: Caller, id: string, action: InstanceAction, prepare: Prepare): Promise<Operation> {
    return this.operations.transact(async (tx, create) => {
      const before = await this.transitions.beginLocked(tx, await lockOwn(tx, caller, id), action);
      const input = await prepare(tx, before);
      const kind = actionRules[action].operation;
      return create({ kind, queue: 'instance', resourceType: INSTANCE, resourceId: id, by: caller, input });
    });
  }
}

/** Locks and returns the instance's row. Throws NotFoundError also for an instance of another project. */
async function lockOwn(tx: EntityManager, caller: Caller, id: string): Promise<Instance> {
  const [row] = UUID.test(id) ? await tx.query<Record<string, unknown>[]>(LOCK_INSTANCE, [id]) : [];
  const found = row && entityOf(tx, Instance, row);
  if (!found || found.deletedAt || !allows(caller, 'os_compute_api:servers:show', instanceTarget(found)))
    throw new NotFoundError('Instance', id);
  return found;
}

/** The instance's operations that have not ended. Index operations_by_resource. */
async function unfinished(tx: EntityManager, id: string): Promise<Pick<Operation, 'id' | 'kind'>[]> {
  return tx.query<Pick<Operation, 'id' | 'kind'>[]>(UNFINISHED, [INSTANCE, id]);
}

function statesOf({ vmState, powerState }: Instance): Before {
  return { vmState, powerState };
}
