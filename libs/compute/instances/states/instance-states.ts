import { InstanceStateError } from '#libs/common/errors';
import type { PowerState, TaskState, VmState } from '../instance.entity.js';

/** What a user can ask of an instance, in the domain's words: each face has its own for them. */
export type InstanceAction =
  | 'start'
  | 'stop'
  | 'soft_reboot'
  | 'hard_reboot'
  | 'pause'
  | 'unpause'
  | 'rebuild'
  | 'resize'
  | 'migrate'
  | 'live_migration'
  | 'confirm_resize'
  | 'revert_resize'
  | 'evacuate'
  | 'delete'
  | 'force_delete';

/** What an operator can ask of a live move that is under way. */
export type MigrationAction = 'abort_live_migration' | 'force_complete';

export interface ActionRule {
  /** vm_states that allow the action; `any`: the state is not asked for. */
  vmStates: readonly VmState[] | 'any';
  /** task_states that allow the action (null: no operation runs); `any`: the state is not asked for. */
  taskStates: readonly (TaskState | null)[] | 'any';
  powerStates: readonly PowerState[] | 'any';
  /** task_state from the moment the action is accepted. */
  taskState: TaskState;
  /** Kind of the operation that the action makes. */
  operation: string;
}

const idle = [null] as const;
const duringReboot = [null, 'rebooting', 'reboot_started_hard', 'pausing', 'unpausing'] as const;

/** Nova: the @check_instance_state decorators of compute/api.py, with the task_state that each action sets. */
export const actionRules: Readonly<Record<InstanceAction, ActionRule>> = {
  start: rule(['stopped'], idle, 'powering-on', 'instance.start'),
  stop: rule(['active', 'error'], idle, 'powering-off', 'instance.stop'),
  soft_reboot: rule(['active'], idle, 'rebooting', 'instance.reboot'),
  hard_reboot: rule(['active', 'stopped', 'paused', 'error'], duringReboot, 'reboot_started_hard', 'instance.reboot'),
  pause: rule(['active'], idle, 'pausing', 'instance.pause'),
  unpause: rule(['paused'], idle, 'unpausing', 'instance.unpause'),
  rebuild: rule(['active', 'stopped', 'error'], idle, 'rebuilding', 'instance.rebuild'),
  resize: rule(['active', 'stopped'], idle, 'resize_prep', 'instance.resize'),
  migrate: rule(['active', 'stopped'], idle, 'resize_prep', 'instance.migrate'),
  live_migration: rule(['active', 'paused'], idle, 'migrating', 'instance.live-migrate'),
  confirm_resize: rule(['resized'], idle, 'resize_finish', 'instance.confirm-resize'),
  revert_resize: rule(['resized'], idle, 'resize_reverting', 'instance.revert-resize'),
  evacuate: rule(['active', 'stopped', 'error'], 'any', 'rebuilding', 'instance.evacuate'),
  delete: rule('any', 'any', 'deleting', 'instance.delete'),
  force_delete: rule('any', 'any', 'deleting', 'instance.delete'),
};

function rule(
  vmStates: ActionRule['vmStates'],
  taskStates: ActionRule['taskStates'],
  taskState: TaskState,
  operation: string,
): ActionRule {
  return { vmStates, taskStates, powerStates: 'any', taskState, operation };
}

export interface InstanceStates {
  id: string;
  vmState: VmState;
  taskState: TaskState | null;
  powerState: PowerState;
}

/** Throws InstanceStateError where the instance's states do not allow the action. */
export function requireAllowed(instance: InstanceStates, action: InstanceAction): ActionRule {
  const found = actionRules[action];
  const refuse = (attribute: 'vm_state' | 'task_state' | 'power_state', state: string | null) =>
    new InstanceStateError(instance.id, action, attribute, state);
  if (found.vmStates !== 'any' && !found.vmStates.includes(instance.vmState))
    throw refuse('vm_state', instance.vmState);
  if (found.taskStates !== 'any' && !found.taskStates.includes(instance.taskState))
    throw refuse('task_state', instance.taskState);
  if (found.powerStates !== 'any' && !found.powerStates.includes(instance.powerState))
    throw refuse('power_state', String(instance.powerState));
  return found;
}

/** One row of `transitions`: the states in which the instance must stand before, and those it has after. */
export interface InstanceTransition {
  vmStates: readonly VmState[] | 'any';
  taskStates: readonly (TaskState | null)[] | 'any';
  to: { vmState?: VmState; taskState: TaskState | null; powerState?: PowerState };
}

/**
 * Every change of state that workflows may make. No row lists `deleting` in its taskStates: where a delete was
 * accepted meanwhile, the transition throws InstanceTransitionLostError and the workflow undoes what it did.
 */
export const transitions = {
  // ---- build
  placed: step(['building'], ['scheduling', 'spawning'], { taskState: 'spawning' }),
  built: step(['building'], ['scheduling', 'networking', 'spawning'], running()),
  builtStopped: step(['building'], ['scheduling', 'networking', 'spawning'], halted()),
  // ---- power
  started: step(['stopped'], ['powering-on'], running()),
  stopped: step(['active', 'error'], ['powering-off'], halted()),
  rebooted: step(['active', 'stopped', 'paused', 'error'], ['rebooting', 'reboot_started_hard'], running()),
  paused: step(['active'], ['pausing'], { vmState: 'paused', taskState: null, powerState: 3 }),
  unpaused: step(['paused'], ['unpausing'], running()),
  rebuilt: step(['active', 'error'], ['rebuilding'], running()),
  rebuiltStopped: step(['stopped'], ['rebuilding'], halted()),
  // ---- moves
  liveMigrated: step(['active', 'paused'], ['migrating'], { taskState: null }),
  resizeMigrating: step(['active', 'stopped'], ['resize_prep', 'resize_migrating'], { taskState: 'resize_migrating' }),
  resizeFinishing: step(['active', 'stopped'], ['resize_migrating', 'resize_finish'], { taskState: 'resize_finish' }),
  resizedRunning: step(['active', 'stopped'], ['resize_prep', 'resize_migrating', 'resize_finish'], {
    vmState: 'resized',
    taskState: null,
    powerState: 1,
  }),
  resizedStopped: step(['active', 'stopped'], ['resize_prep', 'resize_migrating', 'resize_finish'], {
    vmState: 'resized',
    taskState: null,
    powerState: 4,
  }),
  confirmedRunning: step(['resized'], ['resize_finish'], running()),
  confirmedStopped: step(['resized'], ['resize_finish'], halted()),
  revertedRunning: step(['resized'], ['resize_reverting'], running()),
  revertedStopped: step(['resized'], ['resize_reverting'], halted()),
  evacuatedRunning: step(['active', 'stopped', 'error'], ['rebuilding'], running()),
  evacuatedStopped: step(['active', 'stopped', 'error'], ['rebuilding'], halted()),
  // ---- reported by an agent and asked for by no operation: the guest crashed, shut down or rebooted by itself
  seenRunning: step(['active', 'stopped'], [null], running()),
  seenStopped: step(['active', 'paused'], [null], halted()),
  seenPaused: step(['active'], [null], { vmState: 'paused', taskState: null, powerState: 3 }),
} as const satisfies Record<string, InstanceTransition>;

export type InstanceTransitionName = keyof typeof transitions;

function step(
  vmStates: InstanceTransition['vmStates'],
  taskStates: InstanceTransition['taskStates'],
  to: InstanceTransition['to'],
): InstanceTransition {
  return { vmStates, taskStates, to };
}

function running(): InstanceTransition['to'] {
  return { vmState: 'active', taskState: null, powerState: 1 };
}

function halted(): InstanceTransition['to'] {
  return { vmState: 'stopped', taskState: null, powerState: 4 };
}
