import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { RebuildInput } from '#libs/compute/instances/actions/instance-operations';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../../host/host-calls.js';
import { InstanceSpecs } from '../instance-specs.js';
import { faultOf } from '../fault.js';

type Run = StepRun<RebuildInput, object>;

/** A new root from the image where it is: same host, ports and addresses. What was on its disk is lost. */
@Injectable()
export class RebuildWorkflow implements Workflow<RebuildInput, object> {
  readonly kind = 'instance.rebuild';
  readonly queue = 'instance';
  readonly steps: Step<RebuildInput, object>[] = [{ name: 'rebuild', run: (run) => this.rebuild(run) }];

  constructor(
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly transitions: InstanceTransitions,
  ) {}

  private async rebuild(run: Run): Promise<void> {
    const { operation, input, signal } = run;
    const { instance, spec } = await this.specs.load(operation.resourceId);
    const agent = await this.hosts.agent(instance.hostId);
    const call = callOf(run, 'rebuild', instance.epoch);
    await agent.call('rebuildInstance', { call, spec, start: input.start }, signal);
    await run.commit((tx) => this.transitions.markRebuilt(tx, instance.id, input.start));
  }

  async failed({ operation }: Pick<Run, 'operation'>, error: Error, tx: EntityManager) {
    await this.transitions.setError(tx, operation.resourceId, faultOf(error));
  }
}
