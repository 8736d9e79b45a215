import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { InstanceStateError } from '#libs/common/errors';
import { withCommit } from '#libs/database/transactions';
import { InstanceTransitionLostError } from '../instance.errors.js';
import { requireAllowed, transitions } from './instance-states.js';
import type { InstanceAction, InstanceTransitionName, MigrationAction } from './instance-states.js';
import { applyTransition, applyWithCommit, settleTransition } from './apply-transition.js';
import { Instance } from '../instance.entity.js';
import type { InstanceFlavor, TaskState } from '../instance.entity.js';
import { compareAndSet, loadInstance, requireSet, withFlavor } from './state-update.js';
import type { StateChanges } from './state-update.js';

/** Why a workflow failed, as Nova's `fault` shows it. */
export interface Fault {
  /** As an HTTP status; 500 where absent. */
  code?: number;
  message: string;
  /** Class of the error: all that members are told of it. */
  type?: string;
  details?: string;
}

/**
 * The only writer of an instance's states. Each method is one compare-and-set UPDATE by the tables of
 * instance-states.ts, in the caller's transaction; where the instance is in other states, it throws
 * InstanceTransitionLostError.
 */
@Injectable()
export class InstanceTransitions {
  /**
   * Accepts `action`: checks the states and sets its task_state. `instance`: an id, or the row as the caller has just
   * read it. Returns the row as it was before. Throws NotFoundError, InstanceStateError.
   */
  async begin(tx: EntityManager, instance: string | Instance, action: InstanceAction): Promise<Instance> {
    const before = typeof instance === 'string' ? await loadInstance(tx, instance) : instance;
    const instanceId = before.id;
    const rule = requireAllowed(before, action);
    const done = await compareAndSet(tx, instanceId, rule, { taskState: rule.taskState });
    if (!done) {
      requireAllowed(await loadInstance(tx, instanceId), action);
      throw new InstanceTransitionLostError(instanceId, action, 'changing');
    }
    return before;
  }

  /**
   * As `begin` for a row that the transaction holds locked: nobody changes it meanwhile, so its task_state is written together
   * with the commit.
   */
  async beginLocked(tx: EntityManager, before: Instance, action: InstanceAction): Promise<Instance> {
    const rule = requireAllowed(before, action);
    await withCommit(tx, requireSet(tx, before.id, rule, { taskState: rule.taskState }));
    return before;
  }

  /** Returns the instance where `begin` would accept `action`. Throws as `begin`; changes nothing. */
  async check(tx: EntityManager, instanceId: string, action: InstanceAction): Promise<Instance> {
    const instance = await loadInstance(tx, instanceId);
    requireAllowed(instance, action);
    return instance;
  }

  /**
   * Throws InstanceStateError, which names `action`, where no live move of the instance is under way; NotFoundError.
   */
  async requireMigrating(tx: EntityManager, instanceId: string, action: MigrationAction): Promise<void> {
    const { taskState } = await loadInstance(tx, instanceId);
    if (taskState !== 'migrating') throw new InstanceStateError(instanceId, action, 'task_state', taskState);
  }

  /**
   * Makes one transition of the table. Throws InstanceTransitionLostError where the instance does not stand in its
   * start states.
   */
  async apply(
    tx: EntityManager,
    instanceId: string,
    name: InstanceTransitionName,
    changes: StateChanges = {},
  ): Promise<void> {
    await applyTransition(tx, instanceId, name, changes);
  }

  /** Writes the claimed host before its agent is called, so that a delete knows where to look for the container. */
  async markPlaced(tx: EntityManager, instanceId: string, hostId: string): Promise<void> {
    await applyWithCommit(tx, instanceId, 'placed', { hostId });
  }

  /** The container exists and has nothing to run yet, because its root was made without an image: SHUTOFF. */
  async finishBuildStopped(tx: EntityManager, instanceId: string, hostId: string): Promise<void> {
    await applyWithCommit(tx, instanceId, 'builtStopped', { hostId, fault: null });
  }

  /** The container runs for the first time: ACTIVE. */
  async finishBuild(tx: EntityManager, instanceId: string, hostId: string): Promise<void> {
    await applyWithCommit(tx, instanceId, 'built', { hostId, launchedAt: new Date(), fault: null });
  }

  /** After os-start: ACTIVE. */
  async markStarted(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'started');
  }

  /** After os-stop: SHUTOFF. */
  async markStopped(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'stopped');
  }

  /** After a reboot: ACTIVE, and an earlier fault is cleared. */
  async markRebooted(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'rebooted', { fault: null });
  }

  /** After pause: PAUSED. */
  async markPaused(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'paused');
  }

  /** After unpause: ACTIVE. */
  async markUnpaused(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'unpaused');
  }

  /** After a rebuild: ACTIVE or SHUTOFF, and an earlier fault is cleared. */
  async markRebuilt(tx: EntityManager, instanceId: string, running: boolean): Promise<void> {
    await this.apply(tx, instanceId, running ? 'rebuilt' : 'rebuiltStopped', { fault: null });
  }

  /**
   * Commits a change of host (invariant 2): writes the host and epoch + 1 where host and epoch are still those given.
   * Leaves the states alone. Throws InstanceTransitionLostError.
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

  /** A live move has ended, by commit or by roll-back: task_state is emptied. */
  async finishLiveMigration(tx: EntityManager, instanceId: string): Promise<void> {
    await this.apply(tx, instanceId, 'liveMigrated');
  }

  /**
   * The instance is on its new host with its new flavor and waits for confirm or revert (VERIFY_RESIZE). A cold move
   * keeps the flavor.
   */
  async markResized(
    tx: EntityManager,
    instanceId: string,
    running: boolean,
    newFlavor?: InstanceFlavor,
  ): Promise<void> {
    const { flavor } = await loadInstance(tx, instanceId);
    const changes = { oldFlavor: flavor, ...withFlavor(newFlavor ?? flavor) };
    await settleTransition(tx, instanceId, running ? 'resizedRunning' : 'resizedStopped', changes);
  }

  /** After confirmResize: ACTIVE or SHUTOFF; the old flavor is forgotten. */
  async finishConfirm(tx: EntityManager, instanceId: string, running: boolean): Promise<void> {
    await this.apply(tx, instanceId, running ? 'confirmedRunning' : 'confirmedStopped', { oldFlavor: null });
  }

  /**
   * After revertResize: the instance has its old flavor again. `switchHost` must have switched the host back before.
   */
  async finishRevert(tx: EntityManager, instanceId: string, running: boolean): Promise<void> {
    const { flavor, oldFlavor } = await loadInstance(tx, instanceId);
    const changes = { ...withFlavor(oldFlavor ?? flavor), oldFlavor: null };
    await settleTransition(tx, instanceId, running ? 'revertedRunning' : 'revertedStopped', changes);
  }

  /** After evacuate: ACTIVE or SHUTOFF on the new host; written also where a delete was accepted meanwhile. */
  async finishEvacuation(tx: EntityManager, instanceId: string, running: boolean): Promise<void> {
    await settleTransition(tx, instanceId, running ? 'evacuatedRunning' : 'evacuatedStopped', { fault: null });
  }

  /** An agent found an instance stopped that should run. Changes nothing where an operation on it is under way. */
  async foundStopped(tx: EntityManager, instanceId: string): Promise<void> {
    const { vmStates, taskStates, to } = transitions.seenStopped;
    await compareAndSet(tx, instanceId, { vmStates, taskStates }, to);
  }

  /** A workflow has undone what it began: empties task_state where it still is `taskState`. */
  async clearTask(tx: EntityManager, instanceId: string, taskState: TaskState): Promise<void> {
    await compareAndSet(tx, instanceId, { vmStates: 'any', taskStates: [taskState] }, { taskState: null });
  }

  /** Sets ERROR with its reason. A delete that was accepted stays accepted; a deleted instance stays as it is. */
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

  /** Nova API: os-resetState: the operator's word replaces the state. */
  async reset(tx: EntityManager, instanceId: string, vmState: 'active' | 'error'): Promise<void> {
    const changes = vmState === 'active' ? { vmState, fault: null } : { vmState };
    await compareAndSet(tx, instanceId, { vmStates: 'any', taskStates: 'any' }, { ...changes, taskState: null });
  }

  /** Keeps why an operation failed on an instance that goes on as it was. */
  async setFault(tx: EntityManager, instanceId: string, fault: Fault): Promise<void> {
    const created = new Date().toISOString();
    await tx.update(Instance, { id: instanceId }, { fault: { code: 500, ...fault, created } });
  }

  /** The instance is gone from every host; its row stays on record. Marking it again is a success. */
  async markDeleted(tx: EntityManager, instanceId: string): Promise<void> {
    const changes = {
      vmState: 'deleted',
      taskState: null,
      powerState: 0,
      hostId: null,
      deletedAt: new Date(),
    } as const;
    await compareAndSet(tx, instanceId, { vmStates: 'any', taskStates: 'any' }, changes);
  }
}
