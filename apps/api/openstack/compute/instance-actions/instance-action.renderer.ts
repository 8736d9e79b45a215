import type { Operation, OperationStep } from '#libs/operations/operation.entity';
import type { Microversion } from '../http/microversion.js';
import { renderTime } from '../http/times.js';

/** Nova's names of actions, by kind of operation. */
const actionNames: Readonly<Record<string, string>> = {
  'instance.live-migrate': 'live-migration',
  'instance.confirm-resize': 'confirmResize',
  'instance.revert-resize': 'revertResize',
  'instance.reset-state': 'resetState',
};

const actionName = (kind: string): string => actionNames[kind] ?? kind.replace(/^[a-z]+\./, '');

/** Nova API: an instanceAction, a view of one operation. */
export function renderInstanceAction(operation: Operation, version: Microversion) {
  return {
    action: actionName(operation.kind),
    instance_uuid: operation.resourceId,
    request_id: operation.requestId,
    user_id: operation.userId,
    project_id: operation.projectId,
    start_time: renderTime(operation.startedAt ?? operation.createdAt, 'micro'),
    message: operation.failure ? 'Error' : null,
    ...(version >= 58 && { updated_at: renderTime(operation.updatedAt, 'micro') }),
  };
}

/** What the policy lets the caller see of an event. */
export interface EventContext {
  version: Microversion;
  traceback: boolean;
  details: boolean;
}

/**
 * Nova API: an event of an instance action, a view of one attempt at a step. Only administrators see why it failed
 * (traceback; from 2.84 on details).
 */
export function renderInstanceActionEvent(step: OperationStep, context: EventContext) {
  const { version, traceback, details } = context;
  const failed = step.result === 'error';
  return {
    event: step.name,
    start_time: renderTime(step.startedAt, 'micro'),
    finish_time: step.finishedAt ? renderTime(step.finishedAt, 'micro') : null,
    result: step.finishedAt ? (failed ? 'Error' : 'Success') : null,
    ...(traceback && { traceback: failed ? step.message : null }),
    ...(version >= 62 && { hostId: '', ...(traceback && { host: null }) }),
    ...(version >= 84 && details && { details: failed ? step.message : null }),
  };
}
