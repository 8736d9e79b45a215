import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { faultPoint } from '#libs/common/fault-point';
import { flagSetting } from '#libs/common/config';
import type { Instance, InstanceFlavor } from '#libs/compute/instances/instance.entity';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { storageDriverOf } from '#libs/mobility/migrations/move-checks';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import { Claims } from '#libs/scheduling/claims/claims.service';
import type { Resources } from '#libs/scheduling/core/request';
import { Scheduler } from '#libs/scheduling/placement/scheduler.service';
import type { PlacementRequest } from '#libs/scheduling/placement/scheduler.service';
import { InstanceSpecs } from '../hosts/instance-specs.js';
import type { MoveContext } from './move-context.js';
import { MoveLedger } from './move-ledger.js';

/** Finds the target (or takes the one asked for) and claims its capacity in the migration's name. */
@Injectable()
export class ClaimTargetStep implements Step<MoveInput, MoveContext> {
  readonly name = 'claim';

  constructor(
    private readonly specs: InstanceSpecs,
    private readonly scheduler: Scheduler,
    private readonly claims: Claims,
    private readonly ledger: MoveLedger,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await faultPoint('worker.claim');
    const { operation, input, context } = run;
    const instance = await this.specs.instance(operation.resourceId);
    const live = operation.kind === 'instance.live-migrate';
    await run.commit(async (tx) => {
      const source = await tx.findOneBy(Host, { id: input.source.hostId });
      // An evacuation makes the root anew from the image; every other move brings the disk along.
      const storageDriver = source && operation.kind !== 'instance.evacuate' ? storageDriverOf(source) : null;
      const request = { ...requestFor(instance, input, operation.kind), storageDriver };
      const { host, explanation } = await this.scheduler.place(request, tx);
      context.targetHostId = host.id;
      context.sameHost = host.id === input.source.hostId;
      context.placement = explanation ?? context.placement;
      await this.ledger.become(tx, input.migrationId, live ? 'preparing' : 'pre-migrating');
      await tx.update(Migration, { uuid: input.migrationId }, { destHostId: host.id });
    });
  }

  async undo(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await run.commit((tx: EntityManager) => this.claims.release(run.input.migrationId, undefined, tx));
  }
}

function requestFor(instance: Instance, input: MoveInput, kind: string): PlacementRequest {
  const staying = kind === 'instance.resize' && flagSetting('LXSTACK_ALLOW_RESIZE_TO_SAME_HOST');
  return {
    consumerId: input.migrationId,
    instanceId: instance.id,
    resources: resourcesOf(input.newFlavor ?? instance.flavor),
    availabilityZone: instance.availabilityZone,
    hints: instance.schedulerHints,
    requestedHostId: input.targetHostId,
    force: input.force,
    excludedHostIds: staying ? [] : [input.source.hostId],
    capabilities: kind === 'instance.live-migrate' ? ['restore'] : [],
  };
}

export function resourcesOf({ vcpus, ramMb, diskGb }: InstanceFlavor): Resources {
  return { vcpus, memoryMb: ramMb, diskGb };
}
