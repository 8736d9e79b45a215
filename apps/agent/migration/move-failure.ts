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

/** CRIU could not dump the instance, which goes on here; nothing of it runs at the target. */
export class DumpFailure extends MoveFailure {
  constructor(reason: string, logTail: string[]) {
    super('dump', reason, logTail);
  }
}

/** The name of the step that fails in this phase. */
export const stepOf = (phase: MigrationPhase): string => phase.replace('MIGRATION_PHASE_', '').toLowerCase();
