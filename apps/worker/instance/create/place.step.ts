import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { architectureOf } from '#libs/common/architecture';
import type { CreateInstanceInput } from '#libs/compute/instances/actions/instance-operations';
import { resourcesOf } from '#libs/compute/instances/instance-resources';
import { hostNeeds } from '#libs/compute/instances/spec/host-needs';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { withCommit } from '#libs/database/transactions';
import { InstancePorts } from '#libs/networking/ports/instance-ports.service';
import type { Step, StepRun } from '#libs/operations/workflow';
import { bounded } from '#libs/scheduling/core/explanation';
import { Claims } from '#libs/scheduling/claims/claims.service';
import { Scheduler } from '#libs/scheduling/placement/scheduler.service';
import { HostCalls } from '../../host/host-calls.js';
import { InstanceSpecs } from '../instance-specs.js';
import type { CreateContext } from './create-context.js';

/** Chooses a host, claims its capacity, binds the ports to it and puts the instance on it, in one commit. */
@Injectable()
export class PlaceStep implements Step<CreateInstanceInput, CreateContext> {
  readonly name = 'place';

  constructor(
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly scheduler: Scheduler,
    private readonly claims: Claims,
    private readonly ports: InstancePorts,
    private readonly transitions: InstanceTransitions,
  ) {}

  async run(run: StepRun<CreateInstanceInput, CreateContext>): Promise<void> {
    const { operation, input, context } = run;
    const { instance, image } = await this.specs.ofBuild(operation);
    const wanted = input.forcedHost ?? input.requestedHost;
    const requestedHostId = wanted === null ? null : (await this.hosts.host(wanted)).id;
    await run.commit(async (tx) => {
      const { host, explanation } = await this.scheduler.place(
        {
          consumerId: instance.id,
          instanceId: instance.id,
          resources: resourcesOf(instance),
          availabilityZone: instance.availabilityZone,
          hints: instance.schedulerHints,
          requestedHostId,
          force: input.forcedHost !== null,
          architecture: image && architectureOf(image.properties),
          capabilities: hostNeeds(instance, instance.flavor),
        },
        tx,
      );
      context.hostId = host.id;
      context.placement = explanation ? bounded(explanation) : context.placement;
      await Promise.all([
        this.transitions.markPlaced(tx, instance.id, host.id),
        withCommit(tx, this.ports.bind(tx, instance.id, host.id)),
      ]);
    });
  }

  async undo(run: StepRun<CreateInstanceInput, CreateContext>): Promise<void> {
    const id = run.operation.resourceId;
    await run.commit(async (tx: EntityManager) => {
      await this.claims.release(id, undefined, tx);
      await this.ports.bind(tx, id, null);
      await tx.query('UPDATE instances SET host_id = NULL WHERE id = $1', [id]);
    });
  }
}
