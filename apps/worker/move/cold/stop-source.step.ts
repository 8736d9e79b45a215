import { Injectable } from '@nestjs/common';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../../host/host-calls.js';
import type { MoveContext } from '../move-context.js';
import { inTime } from '../step-time.js';

/** Shut down at the source; undone by a start, where it ran. */
@Injectable()
export class StopSourceStep implements Step<MoveInput, MoveContext> {
  readonly name = 'stop';

  constructor(
    private readonly hosts: HostCalls,
    private readonly transitions: InstanceTransitions,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const { operation, input, context } = run;
    context.wasRunning = input.before.powerState === 1;
    const instanceId = operation.resourceId;
    const agent = await this.hosts.agent(input.source.hostId);
    const call = callOf(run, this.name, input.source.epoch);
    const request = { call, instanceId, timeoutSeconds: 60 };
    await inTime(run, 'stop', (signal) => agent.call('stopInstance', request, signal));
    await run.commit((tx) => this.transitions.apply(tx, instanceId, 'resizeMigrating'));
  }

  async undo(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const { operation, input } = run;
    if (input.before.powerState !== 1) return;
    const call = callOf(run, 'stop-undo', input.source.epoch);
    await this.hosts.whereUp(input.source.hostId, (agent) =>
      agent.call('startInstance', { call, instanceId: operation.resourceId }),
    );
  }
}
