import type { EntityManager } from 'typeorm';
import { Injectable } from '@nestjs/common';
import { deleteIfEphemeral } from '#libs/compute/instances/actions/ephemeral';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { Operations } from '#libs/operations/operations.service';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { ClaimTargetStep } from '../target/claim-target.step.js';
import type { MoveContext } from '../move-context.js';
import { MoveLedger } from '../move-ledger.js';
import { PrepareTargetStep } from '../target/prepare-target.step.js';
import { faultOf } from '../../instance/fault.js';
import { ArriveStep } from './arrive.step.js';
import { StartTargetStep } from './start-target.step.js';
import { StopSourceStep } from './stop-source.step.js';
import { TransferStep } from './transfer.step.js';

/**
 * A stopped instance changes host, with its present flavor or another one, and waits for confirm or revert. The
 * source keeps its disk and its claim until then. Whatever fails up to the start at the target is taken back.
 */
@Injectable()
export class ColdMigrate {
  private readonly steps: Step<MoveInput, MoveContext>[];

  constructor(
    private readonly ledger: MoveLedger,
    private readonly transitions: InstanceTransitions,
    private readonly operations: Operations,
    claim: ClaimTargetStep,
    prepare: PrepareTargetStep,
    stop: StopSourceStep,
    transfer: TransferStep,
    start: StartTargetStep,
    arrive: ArriveStep,
  ) {
    this.steps = [claim, prepare, stop, transfer, start, arrive];
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
    { operation, input, context }: Pick<StepRun<MoveInput, MoveContext>, 'operation' | 'input' | 'context'>,
    error: Error,
    tx: EntityManager,
  ) {
    const id = operation.resourceId;
    await this.ledger.failed(tx, operation, input, ['resize_prep', 'resize_migrating', 'resize_finish'], error);
    // Its source, which owns it again, did not answer: what it has nobody knows.
    if (context.returned && !context.resumed) return this.transitions.setError(tx, id, faultOf(error));
    if (!context.keptStopped) return;
    await this.transitions.setFault(tx, id, faultOf(error));
    await this.transitions.foundStopped(tx, id);
    await deleteIfEphemeral(tx, this.operations, id);
  }
}
