import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { faultPoint } from '#libs/common/fault-point';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { placementOfMove } from '#libs/mobility/migrations/placement-of-move';
import type { Step, StepRun } from '#libs/operations/workflow';
import { bounded } from '#libs/scheduling/core/explanation';
import { Claims } from '#libs/scheduling/claims/claims.service';
import { NoValidHostError } from '#libs/scheduling/placement/no-valid-host.error';
import { Scheduler } from '#libs/scheduling/placement/scheduler.service';
import type { Placement, PlacementRequest } from '#libs/scheduling/placement/scheduler.service';
import { InstanceSpecs } from '../../instance/instance-specs.js';
import { FittingTarget } from './fitting-target.js';
import type { FoundTarget } from './fitting-target.js';
import type { MoveContext } from '../move-context.js';
import { MoveLedger } from '../move-ledger.js';

/** Finds the target (or takes the one asked for) and claims its capacity in the migration's name. */
@Injectable()
export class ClaimTargetStep implements Step<MoveInput, MoveContext> {
  readonly name = 'claim';

  constructor(
    private readonly database: DataSource,
    private readonly specs: InstanceSpecs,
    private readonly fitting: FittingTarget,
    private readonly scheduler: Scheduler,
    private readonly claims: Claims,
    private readonly ledger: MoveLedger,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await faultPoint('worker.claim');
    const { operation, input, context } = run;
    const instance = await this.specs.instance(operation.resourceId);
    const source = await this.database.manager.findOneBy(Host, { id: input.source.hostId });
    const { migrationId, targetHostId: requestedHostId, force, newFlavor } = input;
    const move = { kind: operation.kind, migrationId, requestedHostId, force, newFlavor };
    const wanted = placementOfMove(instance, source, move);
    const live = operation.kind === 'instance.live-migrate';
    const found: FoundTarget = live && !requestedHostId ? await this.fitting.find(run, wanted) : { refused: [] };
    const request = { ...wanted, excludedHostIds: [...(wanted.excludedHostIds ?? []), ...found.refused] };
    context.lookedAt = found.hostId ?? context.lookedAt;
    await run.commit(async (tx) => {
      const { host, explanation } = await this.place(request, found.hostId, tx);
      context.targetHostId = host.id;
      context.sameHost = host.id === input.source.hostId;
      const why = found.explanation ?? explanation;
      context.placement = why ? bounded(why) : context.placement;
      await this.ledger.become(tx, migrationId, live ? 'preparing' : 'pre-migrating');
      await tx.update(Migration, { uuid: migrationId }, { destHostId: host.id });
    });
  }

  /** Claims `found`, whose agent has agreed, if it still has room: others may have taken it since. */
  private async place(request: PlacementRequest, found: string | undefined, tx: EntityManager): Promise<Placement> {
    if (!found) return this.scheduler.place(request, tx);
    try {
      return await this.scheduler.place({ ...request, requestedHostId: found }, tx);
    } catch (error) {
      if (error instanceof NoValidHostError) return this.scheduler.place(request, tx);
      throw error;
    }
  }

  async undo(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await run.commit((tx: EntityManager) => this.claims.release(run.input.migrationId, undefined, tx));
  }
}
