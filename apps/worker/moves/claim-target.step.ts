import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { faultPoint } from '#libs/common/fault-point';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { placementOfMove } from '#libs/mobility/migrations/placement-of-move';
import type { Step, StepRun } from '#libs/operations/workflow';
import { Claims } from '#libs/scheduling/claims/claims.service';
import { Scheduler } from '#libs/scheduling/placement/scheduler.service';
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
      const { migrationId, targetHostId: requestedHostId, force, newFlavor } = input;
      const move = { kind: operation.kind, migrationId, requestedHostId, force, newFlavor };
      const request = placementOfMove(instance, source, move);
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
