import { Injectable } from '@nestjs/common';
import { faultPoint } from '#libs/common/fault-point';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import { Forwarding } from '../../network/forwarding.js';
import type { MoveContext } from '../move-context.js';

/** Every host of the instance's networks learns where its frames go now; until then the source redirects them. */
@Injectable()
export class ForwardStep implements Step<MoveInput, MoveContext> {
  readonly name = 'forward';
  readonly attempts = 30;

  constructor(private readonly forwarding: Forwarding) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await faultPoint('worker.forward');
    await this.forwarding.announce(run, run.operation.resourceId, run.context.targetHostId!);
  }
}
