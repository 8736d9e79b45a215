import type { MigrationPhase } from '#generated/lxstack/agent/v1/agent';

/** A step of the move failed, or (step `aborted`) somebody called the move off; the instance runs on at the source. */
export class MoveFailure extends Error {
  constructor(
    readonly step: string,
    reason: string,
    readonly logTail: string[] = [],
  ) {
    super(reason);
  }
}

/** The name of the step that fails in this phase. */
export const stepOf = (phase: MigrationPhase): string => phase.replace('MIGRATION_PHASE_', '').toLowerCase();
