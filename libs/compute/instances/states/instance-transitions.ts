import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { InstanceStateError } from '#libs/common/errors';
import { InstanceTransitionLostError } from '../instance.errors.js';
import { actionRules, requireAllowed, transitions } from './instance-states.js';
import type { InstanceAction, InstanceTransition, InstanceTransitionName } from './instance-states.js';
import { Instance } from '../instance.entity.js';
import type { InstanceFlavor, TaskState } from '../instance.entity.js';
import { compareAndSet, loadInstance, withFlavor } from './state-update.js';
import type { StateChanges } from './state-update.js';

/** What fails a workflow, as Nova's `fault` shows it. */
export interface Fault {
  /** HTTP-like: 500 unless told. */
  code?: number;
  message: string;
  /** Class of the error: members are told no more of it. */
  type?: string;
  details?: string;
}

/**
 * The only writer of an instance's states. Each method is one compare-and-set UPDATE against the tables of
 * instance-states.ts, in the caller's transaction.
 */
@Injectable()
export class InstanceTransitions {
  /**
   * Accepts `action` on an instance, by id or as it was just read: checks the states and sets its task_state. Returns the
   * instance as it was before. Throws NotFoundError, InstanceStateError.
   */
  async begin(tx: EntityManager, instance: string | Instance, action: InstanceAction): Promise<Instance> {
    const before = typeof instance === 'string' ? await loadInstance(tx, instance) : instance;
    const instanceId = before.id;
    const rule = requireAllowed(before, action);
    const done = await compareAndSet(tx, instanceId, rule, { taskState: rule.taskState });
    if (!done) {
      requireAllowed(await loadInstance(tx, instanceId), action);
      throw new InstanceTransitionLostError(instanceId, actionRules[action].word, 'changing');
    }
    return before;
  }

  /** The instance, where `begin` would accept `action` now. Throws as `begin`; changes nothing. */
  async check(tx: EntityManager, instanceId: string, action: InstanceAction): Promise<Instance> {
    const instance = await loadInstance(tx, instanceId);
    requireAllowed(instance, action);
    return instance;
  }

  /** Throws InstanceStateError where it is not being moved live (Nova: 409 of `word`), NotFoundError. */
  async requireMigrating(tx: EntityManager, instanceId: string, word: string): Promise<void> {
    const { taskState } = await loadInstance(tx, instanceId);
    if (taskState !== 'migrating') throw new InstanceStateError(instanceId, word, 'task_state', taskState ?? 'None');
  }

  /** Makes one transition of the table. Throws InstanceTransitionLostError where the instance no longer stands in its start. */
  async apply(
    tx: EntityManager,
    instanceId: string,
    name: InstanceTransitionName,
    changes: StateChanges = {},
  ): Promise<void> {
    const transition: InstanceTransition = transitions[name];
    if (await compareAndSet(tx, instanceId, transition, { ...transition.to, ...changes })) return;
    const now = await tx.findOneBy(Instance, { id: instanceId });
    const state = !now || now.deletedAt ? 'deleted' : `${now.vmState}/${now.taskState ?? 'idle'}`;
    throw new InstanceTransitionLostError(instanceId, name, state);
  }

  /** As `apply`, for what can no longer be undone: a delete that was accepted meanwhile waits for this end, and comes next. */
  private async settle(tx: EntityManager, instanceId: string, name: InstanceTransitionName, changes: StateChanges) {
    const deleting = { vmStates: 'any', taskStates: ['deleting'] } as const;
    if (await compareAndSet(tx, instanceId, deleting, { taskState: 'deleting' })) return;
    await this.apply(tx, instanceId, name, changes);
  }

  /** A host has been claimed: kept before the agent is called, so that a delete knows where to look. */
  async markPlaced(tx: EntityManager, instanceId: string, hostId: string): Promise<void> {
    await this.apply(tx, instanceId, 'placed', { hostId });
  }

  /** The container runs: ACTIVE. */
  async finishBuild(tx: EntityManager, instanceId: string, hostId: string): Promise<void> {
    await this.apply(tx, instanceId, 'built', { hostId, launchedAt: new Date(), fault: null });
  }

  async markStarted(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'started');
  }

  async markStopped(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'stopped');
  }

  async markRebooted(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'rebooted', { fault: null });
  }

  async markPaused(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'paused');
  }

  async markUnpaused(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'unpaused');
  }

  async markRebuilt(tx: EntityManager, instanceId: string, running: boolean): Promise<void> {
    await this.apply(tx, instanceId, running ? 'rebuilt' : 'rebuiltStopped', { fault: null });
  }

  /**
   * Commits a change of host (invariant 2): host and epoch + 1, only where host and epoch are still those given.
   * States are left alone. Throws InstanceTransitionLostError.
   */
  async switchHost(
    tx: EntityManager,
    instanceId: string,
    from: { hostId: string | null; epoch: number },
    toHostId: string,
  ): Promise<void> {
    const result = await tx
      .createQueryBuilder()
      .update(Instance)
      .set({ hostId: toHostId, epoch: from.epoch + 1 })
      .where('id = :instanceId AND deleted_at IS NULL AND epoch = :epoch', { instanceId, epoch: from.epoch })
      .andWhere('host_id IS NOT DISTINCT FROM :hostId', { hostId: from.hostId })
      .execute();
    if (!result.affected)
      throw new InstanceTransitionLostError(instanceId, 'moved', `not on its host at epoch ${from.epoch}`);
  }

  /** A live move is over (committed or taken back): nothing is going on any more. */
  async finishLiveMigration(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'liveMigrated');
  }

  /** On its new host with its new flavor, waiting for confirm or revert (VERIFY_RESIZE). A move keeps its flavor. */
  async markResized(
    tx: EntityManager,
    instanceId: string,
    running: boolean,
    newFlavor?: InstanceFlavor,
  ): Promise<void> {
    const { flavor } = await loadInstance(tx, instanceId);
    const changes = { oldFlavor: flavor, ...withFlavor(newFlavor ?? flavor) };
    await this.settle(tx, instanceId, running ? 'resizedRunning' : 'resizedStopped', changes);
  }

  async finishConfirm(tx: EntityManager, instanceId: string, running: boolean): Promise<void> {
    await this.apply(tx, instanceId, running ? 'confirmedRunning' : 'confirmedStopped', { oldFlavor: null });
  }

  /** Back with its old flavor; the host is switched back by `switchHost` beforehand. */
  async finishRevert(tx: EntityManager, instanceId: string, running: boolean): Promise<void> {
    const { flavor, oldFlavor } = await loadInstance(tx, instanceId);
    const changes = { ...withFlavor(oldFlavor ?? flavor), oldFlavor: null };
    await this.settle(tx, instanceId, running ? 'revertedRunning' : 'revertedStopped', changes);
  }

  async finishEvacuation(tx: EntityManager, instanceId: string, running: boolean): Promise<void> {
    await this.settle(tx, instanceId, running ? 'evacuatedRunning' : 'evacuatedStopped', { fault: null });
  }

  /** It was to run and does not; nothing happens where something else is being done with it already. */
  async foundStopped(tx: EntityManager, instanceId: string): Promise<void> {
    const { vmStates, taskStates, to } = transitions.seenStopped;
    await compareAndSet(tx, instanceId, { vmStates, taskStates }, to);
  }

  /** What an operation began has been taken back: task_state is emptied where it still is `taskState`. */
  async clearTask(tx: EntityManager, instanceId: string, taskState: TaskState): Promise<void> {
    await compareAndSet(tx, instanceId, { vmStates: 'any', taskStates: [taskState] }, { taskState: null });
  }

  /** ERROR with its reason. An accepted delete stays accepted. Nothing happens to an instance already deleted. */
  async setError(tx: EntityManager, instanceId: string, fault: Fault): Promise<void> {
    await tx
      .createQueryBuilder()
      .update(Instance)
      .set({
        vmState: 'error',
        taskState: () => `CASE WHEN task_state = 'deleting' THEN task_state END`,
        fault: {
          code: fault.code ?? 500,
          message: fault.message,
          type: fault.type,
          details: fault.details,
          created: new Date().toISOString(),
        },
      })
      .where('id = :instanceId AND deleted_at IS NULL', { instanceId })
      .execute();
  }

  /** Nova API: os-resetState: an operator says what is so. */
  async reset(tx: EntityManager, instanceId: string, vmState: 'active' | 'error'): Promise<void> {
    const changes = vmState === 'active' ? { vmState, fault: null } : { vmState };
    await compareAndSet(tx, instanceId, { vmStates: 'any', taskStates: 'any' }, { ...changes, taskState: null });
  }

  /** Keeps why an operation failed on an instance that goes on as it was. */
  async setFault(tx: EntityManager, instanceId: string, fault: Fault): Promise<void> {
    const created = new Date().toISOString();
    await tx.update(Instance, { id: instanceId }, { fault: { code: 500, ...fault, created } });
  }

  /** Gone from every host: the row stays on record. Once more is a success. */
  async markDeleted(tx: EntityManager, instanceId: string): Promise<void> {
    await tx
      .createQueryBuilder()
      .update(Instance)
      .set({ vmState: 'deleted', taskState: null, powerState: 0, hostId: null, deletedAt: new Date() })
      .where('id = :instanceId AND deleted_at IS NULL', { instanceId })
      .execute();
  }
}
