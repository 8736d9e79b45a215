import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { RebuildInput } from '#libs/compute/instances/actions/instance-operations';
import { Instance } from '#libs/compute/instances/instance.entity';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../../host/host-calls.js';
import { InstanceSpecs } from '../instance-specs.js';
import { faultOf } from '../fault.js';

interface RebuildContext {
  /** Its host has been told: what was on its disk may be gone. */
  begun?: boolean;
}

type Run = StepRun<RebuildInput, RebuildContext>;

/** A new root from the image where it is: same host, ports and addresses. What was on its disk is lost. */
@Injectable()
export class RebuildWorkflow implements Workflow<RebuildInput, RebuildContext> {
  readonly kind = 'instance.rebuild';
  readonly queue = 'instance';
  readonly steps: Step<RebuildInput, RebuildContext>[] = [
    { name: 'image', run: (run) => this.fetch(run) },
    { name: 'rebuild', run: (run) => this.rebuild(run) },
  ];

  constructor(
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly transitions: InstanceTransitions,
  ) {}

  /** Its host has the image before anything is taken away. */
  private async fetch(run: Run): Promise<void> {
    const { instance, spec } = await this.specs.load(run.operation.resourceId);
    const agent = await this.hosts.agent(instance.hostId);
    await agent.call(
      'ensureImage',
      { call: callOf(run, 'image', instance.epoch), image: spec.image, spec },
      run.signal,
    );
  }

  private async rebuild(run: Run): Promise<void> {
    const { operation, input, signal } = run;
    const { instance, spec } = await this.specs.load(operation.resourceId);
    const agent = await this.hosts.agent(instance.hostId);
    const call = callOf(run, 'rebuild', instance.epoch);
    run.context.begun = true;
    await agent.call('rebuildInstance', { call, spec, start: input.start, keepOwner: false }, signal);
    await run.commit((tx) => this.transitions.markRebuilt(tx, instance.id, input.start));
  }

  /** Before its host was told nothing has changed: it goes on as it was, from the image that it had. */
  async failed(
    { operation, input, context }: Pick<Run, 'operation' | 'input' | 'context'>,
    error: Error,
    tx: EntityManager,
  ) {
    const id = operation.resourceId;
    if (context.begun) return this.transitions.setError(tx, id, faultOf(error));
    await tx.update(Instance, { id, imageId: input.imageId }, { imageId: input.previousImageId });
    await this.transitions.clearTask(tx, id, 'rebuilding');
    await this.transitions.setFault(tx, id, faultOf(error));
  }
}
