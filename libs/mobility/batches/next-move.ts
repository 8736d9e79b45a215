import type { TaskState, VmState } from '#libs/compute/instances/instance.entity';
import { isFinal } from '../migrations/migration-states.js';
import type { MigrationStatus, MigrationType } from '../migrations/migration.entity.js';
import type { LivePolicy, MoveAction } from './move-batch.entity.js';

/** One attempt of a batch to move an instance; lists of attempts are ordered oldest first. */
export interface MoveAttempt {
  uuid: string;
  type: MigrationType;
  status: MigrationStatus;
  failure: { step: string; reason: string } | null;
}

export interface MovableInstance {
  /** True while the instance is on the host that it must leave. */
  onSource: boolean;
  deleted: boolean;
  vmState: VmState;
  taskState: TaskState | null;
}

export type NextMove =
  | { next: 'begin'; action: MoveAction }
  /** A cold move has ended and waits for its confirm. */
  | { next: 'confirm' }
  | { next: 'wait' }
  | { next: 'done' }
  | { next: 'fail'; reason: string };

/** Steps that refuse a move: a further attempt would find the same. */
const refusals: readonly string[] = ['precheck', 'claim'];

/**
 * What a batch does next for one of its instances. Only the attempts recorded in Postgres decide, so any worker can go
 * on.
 */
export function nextMove(instance: MovableInstance, attempts: readonly MoveAttempt[], live: LivePolicy): NextMove {
  const last = attempts.at(-1);
  if (instance.deleted) return { next: 'done' };
  if (last && !isFinal(last.type, last.status)) {
    if (last.status !== 'finished') return { next: 'wait' };
    return instance.taskState === null ? { next: 'confirm' } : { next: 'wait' };
  }
  if (!instance.onSource) return { next: 'done' };
  if (last?.status === 'cancelled') return { next: 'fail', reason: 'The move was aborted.' };
  if (last?.status === 'reverted') return { next: 'fail', reason: 'The move was reverted.' };
  if (instance.taskState !== null) return { next: 'wait' };
  return begin(instance.vmState, attempts, live);
}

function begin(vmState: VmState, attempts: readonly MoveAttempt[], live: LivePolicy): NextMove {
  const failures = attempts.map(({ type, failure }) => ({ type, step: failure?.step ?? '', reason: failure?.reason }));
  const reason = failures.at(-1)?.reason ?? 'The move failed.';
  const coldFailed = failures.some(({ type }) => type === 'migration');
  if (coldFailed) return { next: 'fail', reason };
  if (vmState === 'stopped') return { next: 'begin', action: 'cold' };
  if (vmState !== 'active' && vmState !== 'paused') return { next: 'fail', reason: unmovable(vmState) };
  const lives = failures.filter(({ type }) => type === 'live-migration');
  const mayRetry = lives.length === 0 || (lives.length === 1 && !refusals.includes(lives[0].step));
  if (live !== 'never' && mayRetry) return { next: 'begin', action: 'live' };
  if (vmState === 'paused')
    return { next: 'fail', reason: lives.length ? reason : 'It is paused and can be moved live only: unpause it.' };
  return live === 'require' ? { next: 'fail', reason } : { next: 'begin', action: 'cold' };
}

function unmovable(vmState: VmState): string {
  if (vmState === 'resized') return 'Its resize waits for confirm or revert.';
  return `It is ${vmState}, which cannot be moved: only active, paused and stopped instances can.`;
}
