import { Injectable } from '@nestjs/common';
import { faultPoint } from '#libs/common/fault-point';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import { NetworkFollowers } from '../../network/network-followers.js';
import { OldAgents } from '../../network/old-agents.js';
import type { MoveContext } from '../move-context.js';

/**
 * Every host of the instance's networks knows where its frames go: each has acknowledged what the commit changed. Until
 * then the source redirects them, so nothing is released before.
 */
@Injectable()
export class ForwardStep implements Step<MoveInput, MoveContext> {
  readonly name = 'forward';
  readonly attempts = 30;

  constructor(
    private readonly followers: NetworkFollowers,
    private readonly oldAgents: OldAgents,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await faultPoint('worker.forward');
    const { resourceId } = run.operation;
    await Promise.all([
      this.oldAgents.announce(run, resourceId, run.context.targetHostId!),
      this.followers.haveHeard(resourceId, run.signal),
    ]);
  }
}
