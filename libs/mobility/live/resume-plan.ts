import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';

/**
 * What one end says of a migration: its phase, `unknown` where it has no record of it, `unreachable` where it does not
 * answer.
 */
export type EndState = MigrationPhase | 'unknown' | 'unreachable';

export interface LiveMoveState {
  /** Postgres says that the instance has changed host in this move. */
  committed: boolean;
  cancelRequested: boolean;
  source: EndState;
  target: EndState;
}

export type ResumePlan =
  /** The transfer has not begun, or goes on without a worker: (re-)attach to it with SendMigration. */
  | { next: 'send' }
  /** Committed: open the target, then release the source. */
  | { next: 'open' }
  /** Committed, but the target has lost what it restored. It has the disk, so it starts the instance anew. */
  | { next: 'open-by-start' }
  /** Committed, and both ends are done. */
  | { next: 'release' }
  /** No decision is possible yet: ask both ends again later. */
  | { next: 'wait'; reason: string }
  /** Undo the move: the instance goes on at the source. */
  | { next: 'undo'; reason: string };

const ended: readonly EndState[] = [MigrationPhase.MIGRATION_PHASE_FAILED, MigrationPhase.MIGRATION_PHASE_ABORTED];
const past: readonly EndState[] = [MigrationPhase.MIGRATION_PHASE_COMMITTED, MigrationPhase.MIGRATION_PHASE_COMPLETED];

/**
 * What a worker does that takes over a live move, whatever the worker before it had done. Postgres decides first, then
 * the two ends.
 */
export function resumePlan(state: LiveMoveState): ResumePlan {
  return state.committed ? afterCommit(state) : beforeCommit(state);
}

function afterCommit({ source, target }: LiveMoveState): ResumePlan {
  if (target === 'unreachable') return { next: 'wait', reason: 'the target does not answer' };
  if (target === 'unknown' || ended.includes(target)) return { next: 'open-by-start' };
  if (!past.includes(target)) return { next: 'open' };
  if (source === MigrationPhase.MIGRATION_PHASE_COMPLETED || source === 'unknown') return { next: 'release' };
  if (source === 'unreachable') return { next: 'wait', reason: 'the source does not answer' };
  return { next: 'open' };
}

function beforeCommit({ cancelRequested, source, target }: LiveMoveState): ResumePlan {
  for (const [name, end] of [
    ['source', source],
    ['target', target],
  ] as const) {
    if (past.includes(end))
      return { next: 'wait', reason: `the ${name} has committed, which PostgreSQL does not know of` };
  }
  if (cancelRequested) return { next: 'undo', reason: 'the move was aborted' };
  if (ended.includes(source)) return { next: 'undo', reason: 'the source has given up' };
  if (ended.includes(target)) return { next: 'undo', reason: 'the target has given up' };
  if (source === 'unreachable') return { next: 'wait', reason: 'the source does not answer' };
  if (target === 'unreachable') return { next: 'wait', reason: 'the target does not answer' };
  if (target === 'unknown') return { next: 'undo', reason: 'the target has lost what was prepared' };
  return { next: 'send' };
}
