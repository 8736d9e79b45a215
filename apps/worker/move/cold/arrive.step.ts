import { Injectable } from '@nestjs/common';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { Operations } from '#libs/operations/operations.service';
import type { Step, StepRun } from '#libs/operations/workflow';
import { Forwarding } from '../../network/forwarding.js';
import { callOf, HostCalls } from '../../host/host-calls.js';
import type { MoveContext } from '../move-context.js';
import { MoveEnds } from '../move-ends.js';
import { MoveLedger } from '../move-ledger.js';
import { autoConfirmOf } from '../resize/auto-confirm.workflow.js';

/** Both ends learn of the commit, the target starts it where it ran before; then it waits for confirm or revert. */
@Injectable()
export class ArriveStep implements Step<MoveInput, MoveContext> {
  readonly name = 'arrive';
  readonly attempts = 30;

  constructor(
    private readonly hosts: HostCalls,
    private readonly ends: MoveEnds,
    private readonly forwarding: Forwarding,
    private readonly ledger: MoveLedger,
    private readonly transitions: InstanceTransitions,
    private readonly operations: Operations,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const { operation, input, context } = run;
    const running = context.wasRunning ?? false;
    if (!context.sameHost) {
      await this.ends.commit(run, 'target');
      await this.ends.commitWhereUp(run, 'source');
    }
    await Promise.all([
      running && this.start(run),
      this.forwarding.announce(run, operation.resourceId, context.targetHostId!),
    ]);
    await run.commit(async (tx) => {
      await this.ledger.become(tx, input.migrationId, 'finished');
      await this.transitions.markResized(tx, operation.resourceId, running, input.newFlavor ?? undefined);
      const autoConfirm = autoConfirmOf(input.migrationId);
      if (autoConfirm) await this.operations.createIn(tx, autoConfirm);
    });
  }

  private async start(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const agent = await this.hosts.agent(run.context.targetHostId!);
    const call = callOf(run, 'start', run.input.source.epoch + 1);
    await agent.call('startInstance', { call, instanceId: run.operation.resourceId }, run.signal);
  }
}
