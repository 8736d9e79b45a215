import { Injectable } from '@nestjs/common';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { Operations } from '#libs/operations/operations.service';
import type { Step, StepRun } from '#libs/operations/workflow';
import { OldAgents } from '../../network/old-agents.js';
import { lookAfter } from '../health/look.workflow.js';
import type { MoveContext } from '../move-context.js';
import { MoveLedger } from '../move-ledger.js';
import { StartTargetStep } from './start-target.step.js';
import { autoConfirmOf } from '../resize/auto-confirm.workflow.js';

/** The other hosts of its networks learn where it is; then it waits for confirm or revert. */
@Injectable()
export class ArriveStep implements Step<MoveInput, MoveContext> {
  readonly name = 'arrive';

  constructor(
    private readonly start: StartTargetStep,
    private readonly oldAgents: OldAgents,
    private readonly ledger: MoveLedger,
    private readonly transitions: InstanceTransitions,
    private readonly operations: Operations,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const { operation, input, context } = run;
    // A worker of a release without the step `start` may have come here.
    if (!context.started) await this.start.run(run);
    await this.oldAgents.announce(run, operation.resourceId, context.targetHostId!);
    await run.commit(async (tx) => {
      await this.ledger.become(tx, input.migrationId, 'finished');
      const running = context.wasRunning ?? false;
      await this.transitions.markResized(tx, operation.resourceId, running, input.newFlavor ?? undefined);
      if (running) await this.operations.createIn(tx, lookAfter(input.migrationId, 'started'));
      const autoConfirm = autoConfirmOf(input.migrationId);
      if (autoConfirm) await this.operations.createIn(tx, autoConfirm);
    });
  }
}
