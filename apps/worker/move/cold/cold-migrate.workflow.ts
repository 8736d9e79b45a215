import type { EntityManager } from 'typeorm';
import { Injectable } from '@nestjs/common';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { ClaimTargetStep } from '../target/claim-target.step.js';
import type { MoveContext } from '../move-context.js';
import { MoveLedger } from '../move-ledger.js';
import { PrepareTargetStep } from '../target/prepare-target.step.js';
import { ArriveStep } from './arrive.step.js';
import { StopSourceStep } from './stop-source.step.js';
import { TransferStep } from './transfer.step.js';

/**
 * A stopped instance changes host, with its present flavor or another one, and waits for confirm or revert. The
 * source keeps its disk and its claim until then.
 */
@Injectable()
export class ColdMigrate {
  private readonly steps: Step<MoveInput, MoveContext>[];

  constructor(
    private readonly ledger: MoveLedger,
    claim: ClaimTargetStep,
    prepare: PrepareTargetStep,
    stop: StopSourceStep,
    transfer: TransferStep,
    arrive: ArriveStep,
  ) {
    this.steps = [claim, prepare, stop, transfer, arrive];
  }

  /** `instance.migrate` and `instance.resize`: the same steps, told apart by their input. */
  workflows(): Workflow<MoveInput, MoveContext>[] {
    return ['instance.migrate', 'instance.resize'].map((kind) => ({
      kind,
      queue: 'migration',
      steps: this.steps,
      failed: (run, error, tx) => this.failed(run, error, tx),
    }));
  }

  private async failed(
    run: Pick<StepRun<MoveInput, MoveContext>, 'operation' | 'input'>,
    error: Error,
    tx: EntityManager,
  ) {
    await this.ledger.failed(tx, run.operation, run.input, ['resize_prep', 'resize_migrating'], error);
  }
}
