import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { StepRun, Workflow } from '#libs/operations/workflow';
import { MoveLedger } from '../move-ledger.js';
import { ClaimTargetStep } from '../target/claim-target.step.js';
import type { MoveContext } from '../move-context.js';
import { PrepareTargetStep } from '../target/prepare-target.step.js';
import { FinishStep } from './finish.step.js';
import { ForwardStep } from './forward.step.js';
import { OpenStep } from './open.step.js';
import { PrecheckStep } from './precheck.step.js';
import { ReleaseStep } from './release.step.js';
import { SwitchStep } from './switch.step.js';

/**
 * Moves a running instance. Up to the commit inside `switch` every failure is undone and the instance goes on where it
 * was; from there on the steps are carried forward.
 */
@Injectable()
export class LiveMigrateWorkflow implements Workflow<MoveInput, MoveContext> {
  readonly kind = 'instance.live-migrate';
  readonly queue = 'migration';
  readonly steps: Workflow<MoveInput, MoveContext>['steps'];

  constructor(
    private readonly ledger: MoveLedger,
    precheck: PrecheckStep,
    claim: ClaimTargetStep,
    prepare: PrepareTargetStep,
    change: SwitchStep,
    open: OpenStep,
    forward: ForwardStep,
    release: ReleaseStep,
    finish: FinishStep,
  ) {
    this.steps = [precheck, claim, prepare, change, open, forward, release, finish];
  }

  /** The instance is active where it was, and has no fault: only the migration tells of the failure. */
  async failed(run: Pick<StepRun<MoveInput, MoveContext>, 'operation' | 'input'>, error: Error, tx: EntityManager) {
    await this.ledger.failed(tx, run.operation, run.input, ['migrating'], error);
  }
}
