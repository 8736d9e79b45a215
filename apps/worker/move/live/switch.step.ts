import { Injectable } from '@nestjs/common';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type { MigrationProgress } from '#generated/lxstack/agent/v1/agent';
import { messageOf, UnavailableError } from '#libs/common/errors';
import { faultPoint } from '#libs/common/fault-point';
import { createLogger } from '#libs/common/logger';
import { resumePlan } from '#libs/mobility/live/resume-plan';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import type { MoveContext } from '../move-context.js';
import { MoveEnds } from '../move-ends.js';
import { MoveLedger } from '../move-ledger.js';
import { MoveFailedError } from '../move.errors.js';
import { MoveTransfer } from '../move-transfer.js';
import { StepTime } from '../step-time.js';
import { SwitchCommit } from './switch-commit.js';

const beforeFreeze: readonly MigrationPhase[] = [
  MigrationPhase.MIGRATION_PHASE_UNSPECIFIED,
  MigrationPhase.MIGRATION_PHASE_PREPARED,
  MigrationPhase.MIGRATION_PHASE_DISK,
];

/**
 * The move itself. Follows the source's progress; at AWAIT_COMMIT one transaction gives the instance to the target and ends this
 * step, and both agents are told at once. A worker that takes over joins where the agents are; if it did not see the freeze
 * begin, it cannot know the time left and aborts the move.
 */
@Injectable()
export class SwitchStep implements Step<MoveInput, MoveContext> {
  readonly name = 'switch';
  readonly pointOfNoReturn = true;
  readonly attempts = 3;

  private readonly log = createLogger('worker');

  constructor(
    private readonly ends: MoveEnds,
    private readonly ledger: MoveLedger,
    private readonly transfer: MoveTransfer,
    private readonly switchCommit: SwitchCommit,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await faultPoint('worker.switch');
    const states = await this.ends.ask(run);
    const { cancelRequested } = run.operation;
    const plan = resumePlan({ ...states, committed: false, cancelRequested });
    if (plan.next === 'wait') throw new UnavailableError(plan.reason);
    if (plan.next === 'undo') throw await this.transfer.failureOf(run, plan.reason);
    const passes = new StepTime(run, 'transfer');
    try {
      await this.follow(run, passes);
    } finally {
      passes.end();
    }
  }

  /** `passes` is over when the source freezes: from then on it is the source that keeps the time, for both ends. */
  private async follow(run: StepRun<MoveInput, MoveContext>, passes: StepTime): Promise<void> {
    let sawItRun = false;
    for await (const progress of this.transfer.follow(run, MigrationKind.MIGRATION_KIND_LIVE, passes.signal)) {
      const runs = beforeFreeze.includes(progress.phase);
      if (!runs) passes.end();
      if (sawItRun && !runs) await this.ledger.openSwitch(run.input.migrationId);
      sawItRun = runs;
      if (progress.phase === MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT) return this.change(run, progress);
    }
    throw new MoveFailedError('switch', 'the source ended the move without a word');
  }

  /** In the blackout: one transaction, then the target, then the source. What fails after the commit is `open`'s. */
  private async change(run: StepRun<MoveInput, MoveContext>, progress: MigrationProgress): Promise<void> {
    run.context.guestBefore = progress.guestBefore;
    await this.switchCommit.run(run, progress);
    await faultPoint('worker.after-commit');
    try {
      await this.ends.commit(run, 'target');
      await this.ends.commit(run, 'source');
      run.context.told = true;
    } catch (error) {
      this.log.warn({ operation: run.operation.id, reason: messageOf(error) }, 'committed; an end is to be told again');
    }
  }

  /** Makes the commit impossible first, then aborts both ends; the source lets the instance run on, its connections open. */
  async undo(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await this.ledger.closeSwitch(run.input.migrationId);
    await Promise.all([this.ends.abort(run, 'source'), this.ends.abort(run, 'target')]);
  }
}
