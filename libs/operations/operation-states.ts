import type { OperationState } from './operation.entity.js';

/** Every allowed change of an operation's state. */
export const OPERATION_TRANSITIONS: Record<OperationState, readonly OperationState[]> = {
  pending: ['running', 'cancelled'],
  running: ['done', 'undoing'],
  undoing: ['error', 'cancelled'],
  done: [],
  error: [],
  cancelled: [],
};

/** Whether an operation in this state has ended. */
export function isFinished(state: OperationState): boolean {
  return OPERATION_TRANSITIONS[state].length === 0;
}

/** Whether the text names a state, for faces that read it from a query. */
export function isOperationState(text: string): text is OperationState {
  return Object.hasOwn(OPERATION_TRANSITIONS, text);
}
