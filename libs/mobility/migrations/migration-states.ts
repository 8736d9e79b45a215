import type { MigrationStatus, MigrationType } from './migration.entity.js';

type Table = Partial<Record<MigrationStatus, readonly MigrationStatus[]>>;

/** Nova's live migration: `post-migrating` is past the commit: it is completed, or given up for an operator after many tries. */
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

/** Nova's evacuation: `done` until the source is back and has forgotten its copy. */
const evacuation: Table = {
  accepted: ['pre-migrating', 'error', 'cancelled'],
  'pre-migrating': ['done', 'error', 'cancelled'],
  done: ['completed'],
};

/** What may follow what, per kind of move; a status without followers is final. */
export const migrationStates: Record<MigrationType, Table> = {
  'live-migration': live,
  migration: cold,
  resize: cold,
  evacuation,
};

/** The statuses from which `to` may be reached: the guard of an UPDATE. A repeated step finds `to` itself. */
export function statusesBefore(type: MigrationType, to: MigrationStatus): MigrationStatus[] {
  return (Object.entries(migrationStates[type]) as [MigrationStatus, readonly MigrationStatus[]][])
    .filter(([, followers]) => followers.includes(to))
    .map(([from]) => from);
}

export function mayBecome(type: MigrationType, from: MigrationStatus, to: MigrationStatus): boolean {
  return migrationStates[type][from]?.includes(to) ?? false;
}

/** True where nothing follows: the move has ended. `finished` waits for its confirm or revert. */
export function isFinal(type: MigrationType, status: MigrationStatus): boolean {
  return !migrationStates[type][status]?.length;
}

/**
 * True while an abort can still be honoured (Nova: DELETE /servers/{id}/migrations/{id}). `queuedToo`: also before its
 * transfer has begun.
 */
export function isAbortable(type: MigrationType, status: MigrationStatus, queuedToo = true): boolean {
  return type === 'live-migration' && mayBecome(type, status, 'cancelled') && (queuedToo || status === 'running');
}

/** True while its passes before the switch go on (Nova: force_complete wants `running`). */
export function canBeHurried(type: MigrationType, status: MigrationStatus): boolean {
  return type === 'live-migration' && status === 'running';
}
