import { Injectable } from '@nestjs/common';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import { UnavailableError } from '#libs/common/errors';
import { faultPoint } from '#libs/common/fault-point';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../../host/host-calls.js';
import type { MoveContext } from '../move-context.js';
import { MoveEnds } from '../move-ends.js';

/** States of an instance that runs at the target, or that its guest has ended there. */
const RAN: readonly InstanceState[] = [InstanceState.INSTANCE_STATE_RUNNING, InstanceState.INSTANCE_STATE_STOPPED];

/**
 * Removes the source's copy, only after the target has reported the instance running (invariant 5). Asks by a start call: it
 * succeeds for a running instance, and starts from its disk one that has died since. One that ran there and that its guest has
 * ended stays stopped; its agent reports that, as always.
 */
@Injectable()
export class ReleaseStep implements Step<MoveInput, MoveContext> {
  readonly name = 'release';
  readonly attempts = 30;

  constructor(
    private readonly hosts: HostCalls,
    private readonly ends: MoveEnds,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await faultPoint('worker.release');
    const { input, context, operation, signal } = run;
    const agent = await this.hosts.agent(context.targetHostId!);
    const call = callOf(run, 'verify', input.source.epoch + 1);
    const request = { call, instanceId: operation.resourceId, unlessEnded: true };
    const { state } = await agent.call('startInstance', request, signal);
    if (!RAN.includes(state)) throw new UnavailableError(`the target reports ${operation.resourceId} as ${state}`);
    await this.ends.release(run);
  }
}
