import { Injectable } from '@nestjs/common';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import { NotFoundError, UnavailableError } from '#libs/common/errors';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../../host/host-calls.js';
import type { MoveContext } from '../move-context.js';
import { MoveEnds } from '../move-ends.js';

type Run = StepRun<MoveInput, MoveContext>;

/** Both ends learn of the commit, and the target starts it where it ran before. A start that fails takes the move back. */
@Injectable()
export class StartTargetStep implements Step<MoveInput, MoveContext> {
  readonly name = 'start';
  readonly pointOfNoReturn = true;
  readonly attempts = 10;

  constructor(
    private readonly hosts: HostCalls,
    private readonly ends: MoveEnds,
  ) {}

  async run(run: Run): Promise<void> {
    const { context } = run;
    if (!context.sameHost) {
      await this.ends.commit(run, 'target');
      await this.ends.commitWhereUp(run, 'source');
    }
    if (context.wasRunning) await this.start(run);
    context.started = true;
  }

  private async start({ context, operation, input, signal }: Run): Promise<void> {
    const agent = await this.hosts.agent(context.targetHostId!);
    const call = callOf({ operation }, 'start', input.source.epoch + 1);
    const instanceId = operation.resourceId;
    const { state } = await agent.call('startInstance', { call, instanceId }, signal);
    if (state !== InstanceState.INSTANCE_STATE_RUNNING)
      throw new UnavailableError(`the target reports ${instanceId} as ${InstanceState[state]}`);
  }

  /**
   * Nothing of it may run at the target when it is the source's again (invariant 2). A target that is down cannot say so:
   * it stays the target's.
   */
  async undo({ context, operation, input }: Run): Promise<void> {
    const agent = await this.hosts.agent(context.targetHostId!);
    const call = callOf({ operation }, 'start-undo', input.source.epoch + 1);
    try {
      await agent.call('stopInstance', { call, instanceId: operation.resourceId, timeoutSeconds: 0 });
    } catch (error) {
      if (error instanceof UnavailableError && !(await this.hosts.isUp(agent.host.id))) return;
      if (!(error instanceof NotFoundError)) throw error;
    }
    context.quiet = true;
  }
}
