import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { readPage } from '#libs/database/keyset';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Operation } from '#libs/operations/operation.entity';
import { Operations } from '#libs/operations/operations.service';
import { ownOf, requireAllowed } from '#libs/policy/policy';
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
 * Plans that even out the fleet: made, shown, applied now or later (OpenStack Watcher: audit and action plan). Everything
 * here throws PolicyDeniedError.
 */
@Injectable()
export class RebalancePlans {
  constructor(
    private readonly database: DataSource,
    private readonly operations: Operations,
    private readonly batches: MoveBatches,
  ) {}

  /** Makes and keeps a plan for the fleet as it is now; moves nothing. */
  async propose(caller: Caller, settings: RebalanceSettings): Promise<PlanView> {
    requireAllowed(caller, 'fleet:rebalance-plans:create', ownOf(caller));
    const { manager } = this.database;
    const [{ rows: hosts }, instances, groups, processors] = await Promise.all([
      new FleetCache().read(this.database.manager),
      readInstances(manager),
      readGroups(manager),
      manager.find(Host, { select: { id: true, facts: true }, where: { role: 'compute' } }),
    ]);
    const plan = planMoves({ hosts, instances, groups, lackingCpu: lackingCpu(processors), settings });
    const stored = await manager.save(manager.create(StoredPlan, { id: newId(), settings, plan }));
    return this.view(stored.id);
  }

  /** The plan with the state of its moves. Throws NotFoundError. */
  async get(caller: Caller, id: string): Promise<PlanView> {
    requireAllowed(caller, 'fleet:rebalance-plans:list', ownOf(caller));
    return this.view(id);
  }

  private async view(id: string): Promise<PlanView> {
    const stored = await this.database.manager.findOneBy(StoredPlan, { id });
    if (!stored) throw new NotFoundError('Rebalance plan', id);
    return (await this.viewsOf([stored]))[0];
  }

  /** Newest first, one page after the plan `marker`. At most 1000. Throws MarkerNotFoundError. Index: rebalance_plans_newest. */
  async list(caller: Caller, { marker, limit = 100 }: { marker?: string; limit?: number }): Promise<PlanView[]> {
    requireAllowed(caller, 'fleet:rebalance-plans:list', ownOf(caller));
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
    requireAllowed(by, 'fleet:rebalance-plans:apply', ownOf(by));
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
    return this.view(id);
  }

  /**
   * A plan that has not begun never begins; of one that has, no further move begins. Throws NotFoundError,
   * ConflictError where the plan has ended.
   */
  async cancel(caller: Caller, id: string): Promise<PlanView> {
    requireAllowed(caller, 'fleet:rebalance-plans:cancel', ownOf(caller));
    await this.database.transaction(async (tx) => {
      const stored = await tx.findOne(StoredPlan, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!stored) throw new NotFoundError('Rebalance plan', id);
      if (stored.batchId) return this.batches.abort(stored.batchId);
      await tx.update(StoredPlan, { id }, { cancelledAt: new Date() });
    });
    return this.view(id);
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
