import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { readPage } from '#libs/database/keyset';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Operation } from '#libs/operations/operation.entity';
import { Operations } from '#libs/operations/operations.service';
import { FleetCache } from '#libs/scheduling/placement/fleet-cache';
import type { MoveKind, RebalanceSettings } from '#libs/scheduling/rebalance/plan';
import { planMoves } from '#libs/scheduling/rebalance/plan-moves';
import type { LivePolicy } from '../batches/move-batch.entity.js';
import { MoveBatches } from '../batches/move-batches.service.js';
import { lackingCpu } from '../migrations/cpu-features.js';
import { readGroups, readInstances } from './placed-instances.js';
import { planStatus } from './plan-status.js';
import type { PlanStatus } from './plan-status.js';
import { StoredPlan } from './stored-plan.entity.js';

export interface PlanView {
  stored: StoredPlan;
  status: PlanStatus;
  /** Operation of the plan's batch; null before the plan is applied. */
  operation: Operation | null;
}

export interface ApplyInput {
  parallel: number;
  /** When the moves begin; null: now. */
  at: Date | null;
}

/** Seconds after the batch's start, after which no move of a plan begins. */
const TIMEOUT_SECONDS = 86_400;

/**
 * Plans that even out the load of hosts: made, shown, applied now or later (OpenStack Watcher: audit and action plan).
 */
@Injectable()
export class RebalancePlans {
  constructor(
    private readonly database: DataSource,
    private readonly operations: Operations,
    private readonly batches: MoveBatches,
  ) {}

  /** Makes and keeps a plan for the fleet as it is now; moves nothing. */
  async propose(settings: RebalanceSettings): Promise<PlanView> {
    const { manager } = this.database;
    const [{ rows: hosts }, instances, groups, processors] = await Promise.all([
      new FleetCache().read(this.database.manager),
      readInstances(manager),
      readGroups(manager),
      manager.find(Host, { select: { id: true, facts: true }, where: { role: 'compute' } }),
    ]);
    const plan = planMoves({ hosts, instances, groups, lackingCpu: lackingCpu(processors), settings });
    const stored = await manager.save(manager.create(StoredPlan, { id: newId(), settings, plan }));
    return this.get(stored.id);
  }

  /** The plan with the state of its moves. Throws NotFoundError. */
  async get(id: string): Promise<PlanView> {
    const stored = await this.database.manager.findOneBy(StoredPlan, { id });
    if (!stored) throw new NotFoundError('Rebalance plan', id);
    return (await this.viewsOf([stored]))[0];
  }

  /** Newest first, one page after the plan `marker`. At most 1000. Throws MarkerNotFoundError. Index: rebalance_plans_newest. */
  async list({ marker, limit = 100 }: { marker?: string; limit?: number }): Promise<PlanView[]> {
    const query = this.database.manager.createQueryBuilder(StoredPlan, 'p');
    const row = { isUuid: true, row: 'p.id = :marker', parameters: { marker } };
    const from = marker === undefined ? undefined : { resource: 'Rebalance plan', id: marker, ...row };
    const order = ['p.created_at', 'p.id'].map((sql) => ({ sql, direction: 'desc' as const }));
    return this.viewsOf(await readPage(query, order, { marker: from, limit }));
  }

  /**
   * Makes a batch of the plan's moves, which begins at `at`: the time stands in Postgres, so the wait outlives every
   * process. Throws NotFoundError, and ConflictError where the plan was applied or cancelled before or has no moves.
   */
  async apply(by: Caller, id: string, { parallel, at }: ApplyInput): Promise<PlanView> {
    await this.operations.transact(async (tx, create) => {
      const stored = await tx.findOne(StoredPlan, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!stored) throw new NotFoundError('Rebalance plan', id);
      if (stored.batchId || stored.cancelledAt) throw new ConflictError(`Plan ${id} was applied or cancelled before.`);
      if (!stored.plan.moves.length) throw new ConflictError(`Plan ${id} has no moves.`);
      const delaySeconds = at ? Math.max(0, (at.getTime() - Date.now()) / 1000) : 0;
      const batch = await this.batches.create(tx, (operation) => create({ ...operation, delaySeconds }), by, {
        kind: 'rebalance',
        hostId: null,
        live: livePolicyOf(stored.settings.kinds),
        parallel,
        timeoutSeconds: TIMEOUT_SECONDS,
        moves: stored.plan.moves.map(({ instanceId, fromHostId, toHostId }) => ({
          instanceId,
          sourceHostId: fromHostId,
          targetHostId: toHostId,
        })),
      });
      await tx.update(StoredPlan, { id }, { batchId: batch.id, scheduledAt: at });
    });
    return this.get(id);
  }

  /**
   * A plan that has not begun never begins; of one that has, no further move begins. Throws NotFoundError,
   * ConflictError where the plan has ended.
   */
  async cancel(id: string): Promise<PlanView> {
    await this.database.transaction(async (tx) => {
      const stored = await tx.findOne(StoredPlan, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!stored) throw new NotFoundError('Rebalance plan', id);
      if (stored.batchId) return this.batches.abort(stored.batchId);
      await tx.update(StoredPlan, { id }, { cancelledAt: new Date() });
    });
    return this.get(id);
  }

  /** Indexes: primary keys of both tables. */
  private async viewsOf(plans: StoredPlan[]): Promise<PlanView[]> {
    const operations = await this.database.manager
      .createQueryBuilder(Operation, 'o')
      .innerJoin('move_batches', 'b', 'b.operation_id = o.id')
      .where('b.id = ANY(:ids)', { ids: plans.map(({ batchId }) => batchId).filter((id) => id !== null) })
      .getMany();
    const ofBatch = new Map(operations.map((operation) => [operation.resourceId, operation]));
    return plans.map((stored) => {
      const operation = (stored.batchId && ofBatch.get(stored.batchId)) || null;
      return { stored, operation, status: planStatus(stored, operation) };
    });
  }
}

/**
 * Where a plan may move both ways, a running instance is moved live if possible and cold if its live move is refused.
 */
function livePolicyOf(kinds: readonly MoveKind[]): LivePolicy {
  if (!kinds.includes('cold')) return 'require';
  return kinds.includes('live') ? 'prefer' : 'never';
}
