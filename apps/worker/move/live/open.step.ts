import { Injectable } from '@nestjs/common';
import { UnavailableError } from '#libs/common/errors';
import { faultPoint } from '#libs/common/fault-point';
import { resumePlan } from '#libs/mobility/live/resume-plan';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../../host/host-calls.js';
import type { MoveContext } from '../move-context.js';
import { MoveEnds } from '../move-ends.js';

/** After the commit: tells the target to open the network and let the instance run, and the source to kill its frozen copy. */
@Injectable()
export class OpenStep implements Step<MoveInput, MoveContext> {
  readonly name = 'open';
  readonly attempts = 30;

  constructor(
    private readonly hosts: HostCalls,
    private readonly ends: MoveEnds,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await faultPoint('worker.open');
    if (run.context.told) return;
    const states = await this.ends.ask(run);
    const sourceIsDown = states.source === 'unreachable' && !(await this.hosts.isUp(run.input.source.hostId));
    const source = sourceIsDown ? 'unknown' : states.source;
    const plan = resumePlan({ ...states, source, committed: true, cancelRequested: false });
    if (plan.next === 'release') return;
    if (plan.next === 'wait') throw new UnavailableError(plan.reason);
    if (plan.next === 'open-by-start') await this.startOnTarget(run);
    else await this.ends.commit(run, 'target');
    if (source !== 'unknown') await this.ends.commit(run, 'source');
  }

  private async startOnTarget(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const agent = await this.hosts.agent(run.context.targetHostId!);
    const call = callOf(run, 'open-by-start', run.input.source.epoch + 1);
    await agent.call('startInstance', { call, instanceId: run.operation.resourceId }, run.signal);
  }
}
