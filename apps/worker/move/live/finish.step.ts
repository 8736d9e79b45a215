import { Injectable } from '@nestjs/common';
import { faultPoint } from '#libs/common/fault-point';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { Operations } from '#libs/operations/operations.service';
import type { Step, StepRun } from '#libs/operations/workflow';
import { lookAfter } from '../health/look.workflow.js';
import type { MoveContext } from '../move-context.js';
import { MoveLedger } from '../move-ledger.js';
import { MoveSettlement } from '../move-settlement.js';

/** Ends the move: migration completed, task_state empty. */
@Injectable()
export class FinishStep implements Step<MoveInput, MoveContext> {
  readonly name = 'finish';

  constructor(
    private readonly ledger: MoveLedger,
    private readonly settlement: MoveSettlement,
    private readonly transitions: InstanceTransitions,
    private readonly operations: Operations,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await faultPoint('worker.finish');
    await run.commit(async (tx) => {
      await this.settlement.release(tx, run.input.migrationId);
      await this.ledger.become(tx, run.input.migrationId, 'completed');
      await this.transitions.clearTask(tx, run.operation.resourceId, 'migrating');
      await this.operations.createIn(tx, lookAfter(run.input.migrationId, 'live', run.context.guestBefore));
    });
  }
}
