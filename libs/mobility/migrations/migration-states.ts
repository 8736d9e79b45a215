import type { MigrationStatus, MigrationType } from './migration.entity.js';

type Table = Partial<Record<MigrationStatus, readonly MigrationStatus[]>>;

/**
 * Nova's live migration. `post-migrating` is past the commit: the move is then completed or, after many tries, left to
 * an operator as `error`.
 */
const live: Table = {
  queued: ['preparing', 'cancelled', 'error'],
  preparing: ['running', 'cancelled', 'error'],
  running: ['post-migrating', 'cancelled', 'error'],
  'post-migrating': ['completed', 'error'],
};

/** Nova's cold migration and resize, with its confirm and revert. */
const cold: Table = {
  queued: ['pre-migrating', 'error', 'cancelled'],
  'pre-migrating': ['migrating', 'error', 'cancelled'],
  migrating: ['post-migrating', 'error', 'cancelled'],
  'post-migrating': ['finished', 'error'],
  finished: ['confirming', 'reverting'],
  confirming: ['confirmed', 'finished'],
  reverting: ['reverted', 'finished'],
};

/** Nova's evacuation. `done` lasts until the source is back and has removed its copy. */
const evacuation: Table = {
  accepted: ['pre-migrating', 'error', 'cancelled'],
  'pre-migrating': ['done', 'error', 'cancelled'],
  done: ['completed'],
};

/** For each type of move: which status may follow which. A status without followers is final. */
export const migrationStates: Record<MigrationType, Table> = {
  'live-migration': live,
  migration: cold,
  resize: cold,
  evacuation,
};

/**
 * The statuses from which `to` may be reached: the guard of an UPDATE. It includes `to`, so that a step may run twice.
 */
export function statusesBefore(type: MigrationType, to: MigrationStatus): MigrationStatus[] {
  return (Object.entries(migrationStates[type]) as [MigrationStatus, readonly MigrationStatus[]][])
    .filter(([, followers]) => followers.includes(to))
    .map(([from]) => from);
}

/** Whether a move of this type may go from one status to the other. */
export function mayBecome(type: MigrationType, from: MigrationStatus, to: MigrationStatus): boolean {
  return migrationStates[type][from]?.includes(to) ?? false;
}

/** True where the move has ended. `finished` has not: it waits for confirm or revert. */
export function isFinal(type: MigrationType, status: MigrationStatus): boolean {
  return !migrationStates[type][status]?.length;
}

/**
 * True while an abort is possible (Nova API: DELETE /servers/{id}/migrations/{id}). `queuedToo`: also before the
 * transfer has begun (Nova: from 2.65 on).
 */
export function isAbortable(type: MigrationType, status: MigrationStatus, queuedToo = true): boolean {
  return type === 'live-migration' && mayBecome(type, status, 'cancelled') && (queuedToo || status === 'running');
}

/** True while the passes before the switch go on (Nova: force_complete wants `running`). */
export function mayForceComplete(type: MigrationType, status: MigrationStatus): boolean {
  return type === 'live-migration' && status === 'running';
}
