import type { OperationState } from './operation.entity.js';

/** Every allowed change of an operation's state; one that is not here is a bug. */
export const OPERATION_TRANSITIONS: Record<OperationState, readonly OperationState[]> = {
  pending: ['running', 'cancelled'],
  running: ['done', 'undoing'],
  undoing: ['error', 'cancelled'],
  done: [],
  error: [],
  cancelled: [],
};

export function isFinished(state: OperationState): boolean {
  return OPERATION_TRANSITIONS[state].length === 0;
}

export function isOperationState(text: string): text is OperationState {
  return Object.hasOwn(OPERATION_TRANSITIONS, text);
}
