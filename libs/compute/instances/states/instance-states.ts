import { InstanceStateError } from '#libs/common/errors';
import type { PowerState, TaskState, VmState } from '../instance.entity.js';

/** What a user can ask of an instance. */
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

export interface ActionRule {
  /** Word in Nova's error message. */
  word: string;
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
  start: rule('start', ['stopped'], idle, 'powering-on', 'instance.start'),
  stop: rule('stop', ['active', 'error'], idle, 'powering-off', 'instance.stop'),
  soft_reboot: rule('reboot', ['active'], idle, 'rebooting', 'instance.reboot'),
  hard_reboot: rule(
    'reboot',
    ['active', 'stopped', 'paused', 'error'],
    duringReboot,
    'reboot_started_hard',
    'instance.reboot',
  ),
  pause: rule('pause', ['active'], idle, 'pausing', 'instance.pause'),
  unpause: rule('unpause', ['paused'], idle, 'unpausing', 'instance.unpause'),
  rebuild: rule('rebuild', ['active', 'stopped', 'error'], idle, 'rebuilding', 'instance.rebuild'),
  resize: rule('resize', ['active', 'stopped'], idle, 'resize_prep', 'instance.resize'),
  migrate: rule('migrate', ['active', 'stopped'], idle, 'resize_prep', 'instance.migrate'),
  live_migration: rule('os-migrateLive', ['active', 'paused'], idle, 'migrating', 'instance.live-migrate'),
  confirm_resize: rule('confirmResize', ['resized'], idle, 'resize_finish', 'instance.confirm-resize'),
  revert_resize: rule('revertResize', ['resized'], idle, 'resize_reverting', 'instance.revert-resize'),
  evacuate: rule('evacuate', ['active', 'stopped', 'error'], 'any', 'rebuilding', 'instance.evacuate'),
  delete: rule('delete', 'any', 'any', 'deleting', 'instance.delete'),
  force_delete: rule('forceDelete', 'any', 'any', 'deleting', 'instance.delete'),
};

function rule(
  word: string,
  vmStates: ActionRule['vmStates'],
  taskStates: ActionRule['taskStates'],
  taskState: TaskState,
  operation: string,
): ActionRule {
  return { word, vmStates, taskStates, powerStates: 'any', taskState, operation };
}

export interface InstanceStates {
  id: string;
  vmState: VmState;
  taskState: TaskState | null;
  powerState: PowerState;
}

/** Throws InstanceStateError, with Nova's message, where the instance's states do not allow the action. */
export function requireAllowed(instance: InstanceStates, action: InstanceAction): ActionRule {
  const found = actionRules[action];
  const refuse = (attribute: 'vm_state' | 'task_state' | 'power_state', state: string) =>
    new InstanceStateError(instance.id, found.word, attribute, state);
  if (found.vmStates !== 'any' && !found.vmStates.includes(instance.vmState))
    throw refuse('vm_state', instance.vmState);
  if (found.taskStates !== 'any' && !found.taskStates.includes(instance.taskState))
    throw refuse('task_state', instance.taskState ?? 'None');
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
