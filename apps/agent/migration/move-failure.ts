import type { MigrationPhase } from '#generated/lxstack/agent/v1/agent';

/** A step of the move failed, or (`aborted`) it was called off; the instance goes on where it is. */
export class MoveFailure extends Error {
  constructor(
    readonly step: string,
    reason: string,
    readonly logTail: string[] = [],
  ) {
    super(reason);
  }
}

/** A phase as the step that failed in it. */
export const stepOf = (phase: MigrationPhase): string => phase.replace('MIGRATION_PHASE_', '').toLowerCase();
