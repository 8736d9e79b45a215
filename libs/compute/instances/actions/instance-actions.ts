import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import type { Operation } from '#libs/operations/operation.entity';
import { Operations } from '#libs/operations/operations.service';
import type { RuleName } from '#libs/policy/rule-tables';
import { Quotas } from '../../quotas/quotas.js';
import { Instance } from '../instance.entity.js';
import { requireInstance } from '../known-instance.js';
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

/** Index operations_in_order. */
const UNFINISHED = `
  SELECT id, kind FROM operations
  WHERE resource_type = $1 AND resource_id = $2 AND state IN ('pending', 'running', 'undoing')`;

const RULES = {
  start: 'os_compute_api:servers:start',
  stop: 'os_compute_api:servers:stop',
  pause: 'os_compute_api:os-pause-server:pause',
  unpause: 'os_compute_api:os-pause-server:unpause',
  soft_reboot: 'os_compute_api:servers:reboot',
  hard_reboot: 'os_compute_api:servers:reboot',
  rebuild: 'os_compute_api:servers:rebuild',
} satisfies Partial<Record<InstanceAction, RuleName>>;

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
      const rule = force ? 'os_compute_api:os-deferred-delete:force' : 'os_compute_api:servers:delete';
      const [present, others] = await Promise.all([
        requireInstance(tx, caller, id, rule, { lock: true }),
        unfinished(tx, id),
      ]);
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
      await requireInstance(tx, caller, id, 'os_compute_api:os-admin-actions:reset_state', { lock: true });
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
  private async begin(caller: Caller, id: string, action: keyof typeof RULES, prepare: Prepare): Promise<Operation> {
    return this.operations.transact(async (tx, create) => {
      const present = await requireInstance(tx, caller, id, RULES[action], { lock: true });
      const before = await this.transitions.beginLocked(tx, present, action);
      const input = await prepare(tx, before);
      const kind = actionRules[action].operation;
      return create({ kind, queue: 'instance', resourceType: INSTANCE, resourceId: id, by: caller, input });
    });
  }
}

/** The instance's operations that have not ended. Index operations_by_resource. */
async function unfinished(tx: EntityManager, id: string): Promise<Pick<Operation, 'id' | 'kind'>[]> {
  return tx.query<Pick<Operation, 'id' | 'kind'>[]>(UNFINISHED, [INSTANCE, id]);
}

function statesOf({ vmState, powerState }: Instance): Before {
  return { vmState, powerState };
}
