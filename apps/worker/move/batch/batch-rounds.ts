import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { DomainError, InstanceStateError, UnavailableError } from '#libs/common/errors';
import { Host } from '#libs/fleet/hosts/host.entity';
import { begunAtOnce } from '#libs/mobility/batches/batch-progress';
import { nextMove } from '#libs/mobility/batches/next-move';
import type { LivePolicy, MoveAction, MoveBatchItemStatus } from '#libs/mobility/batches/move-batch.entity';
import { isAbortable } from '#libs/mobility/migrations/migration-states';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import { RunningMoves } from '#libs/mobility/migrations/running-moves.service';
import { MoveRefusedError } from '#libs/mobility/migrations/move.errors';
import type { BatchItem } from './batch-item.js';
import { LateArrivals } from './late-arrivals.js';
import { LiveChoices } from './live-choices.js';

/**
 * The items that have not ended, PAGE of those that have not begun, each with its instance and the tries of this operation: those
 * whose operations are its children. So a try is never lost between its own commit and ours. Index: operations_by_parent.
 */
const OPEN_ITEMS = `
  SELECT i.instance_id AS "instanceId", i.target_host_id AS "targetHostId", i.status,
    n.host_id IS NOT DISTINCT FROM i.source_host_id AS "onSource", n.deleted_at IS NOT NULL AS deleted,
    n.vm_state AS "vmState", n.task_state AS "taskState", coalesce(a.attempts, '[]'::json) AS attempts
  FROM move_batch_items i JOIN instances n ON n.id = i.instance_id
  LEFT JOIN (
    SELECT m.instance_id, json_agg(json_build_object('id', m.id, 'uuid', m.uuid, 'type', m.migration_type,
      'status', m.status, 'failure', m.failure, 'bytes', m.memory_bytes_processed + m.disk_bytes_processed)
      ORDER BY m.id) AS attempts
    FROM operations o JOIN migrations m ON m.operation_id = o.id WHERE o.parent_id = $2 GROUP BY m.instance_id
  ) a ON a.instance_id = i.instance_id
  WHERE i.batch_id = $1 AND (i.status = 'running' OR (i.status = 'pending' AND i.position <= (
    SELECT max(p.position) FROM (SELECT position FROM move_batch_items WHERE batch_id = $1 AND status = 'pending'
      ORDER BY position LIMIT $3) p)))
  ORDER BY i.position`;

/** Pending items that one round looks at: not all of a large host's for each that ends. */
const PAGE = 100;

/** Whose moves they are, and the operation that begins them. */
export interface BatchCaller extends Caller {
  operationId: string;
}

interface Policy {
  live: LivePolicy;
  parallel: number;
  /** The host that is to be empty in the end. */
  hostId: string | null;
}

/** One look at a batch's open items and what follows from it. May be repeated at any point. */
@Injectable()
export class BatchRounds {
  constructor(
    private readonly database: DataSource,
    private readonly migrations: Migrations,
    private readonly running: RunningMoves,
    private readonly choices: LiveChoices,
    private readonly lateArrivals: LateArrivals,
  ) {}

  async open(batchId: string, operationId: string): Promise<BatchItem[]> {
    return this.database.query<BatchItem[]>(OPEN_ITEMS, [batchId, operationId, PAGE]);
  }

  /**
   * Settles what has ended, confirms cold moves, and begins moves while there are places for more. Returns how many of
   * those looked at are open: none, and the batch is over.
   */
  async advance(batchId: string, by: BatchCaller, policy: Policy): Promise<number> {
    for (;;) {
      const items = await this.open(batchId, by.operationId);
      const open = await this.round(batchId, by, policy, items);
      if (open) return open;
      if (items.length >= PAGE) continue;
      const late = policy.hostId ? await this.lateArrivals.of(batchId, policy.hostId) : 'none';
      if (late !== 'taken in') return late === 'coming' ? 1 : 0;
    }
  }

  private async round(batchId: string, by: BatchCaller, policy: Policy, items: BatchItem[]): Promise<number> {
    const { live, parallel } = policy;
    const looked = items.map((item) => ({ item, plan: nextMove(item, item.attempts, live), tried: isTried(item) }));
    const next = looked.filter(({ plan, tried }) => !tried && plan.next === 'begin' && plan.action === 'live');
    this.choices.ahead(next.slice(0, 2 * parallel).map(({ item }) => item));
    let busy = placesTaken(
      looked.filter(({ plan, tried }) => tried && plan.next !== 'done').map(({ item }) => item),
      parallel,
    );
    let open = 0;
    for (const { item, plan, tried } of looked) {
      if (plan.next === 'done' || plan.next === 'fail') {
        if (plan.next === 'fail' && tried) busy--;
        const left = tried ? null : 'It had left its host before its turn.';
        if (plan.next === 'done') await this.settle(batchId, item, 'done', left);
        else await this.settle(batchId, item, 'failed', plan.reason);
        continue;
      }
      open++;
      if (plan.next === 'confirm') await this.confirm(item, by);
      if (plan.next !== 'begin') continue;
      if (!tried && busy >= (plan.action === 'live' ? begunAtOnce(policy) : parallel)) continue;
      const refused = await this.begin(batchId, item, plan.action, policy, by);
      if (refused) open--;
      if (refused && tried) busy--;
      if (!refused && !tried) busy++;
    }
    return open;
  }

  /** Items that no move was begun for are given up; the rest are left to end. Returns how many still run. */
  async wind(
    batchId: string,
    by: BatchCaller,
    reason: string,
    status: 'failed' | 'cancelled',
    abort: boolean,
  ): Promise<number> {
    for (;;) {
      const items = await this.open(batchId, by.operationId);
      let running = 0;
      for (const item of items) {
        const last = item.attempts.at(-1);
        const plan = nextMove(item, item.attempts, 'never');
        if (plan.next === 'done') await this.settle(batchId, item, 'done', null);
        else if (!last || plan.next === 'begin' || plan.next === 'fail')
          await this.settle(batchId, item, status, reason);
        else {
          running++;
          if (plan.next === 'confirm') await this.confirm(item, by);
          else if (abort && isAbortable(last.type, last.status)) await this.abort(item.instanceId, last.id);
        }
      }
      if (items.length < PAGE) return running;
    }
  }

  /** True where the move cannot even begin, which ends the item. */
  private async begin(
    batchId: string,
    item: BatchItem,
    action: MoveAction,
    policy: Policy,
    by: BatchCaller,
  ): Promise<boolean> {
    const { instanceId } = item;
    const { operationId: parentId } = by;
    const { live, parallel, hostId } = policy;
    const atOnce = hostId ? parallel : undefined;
    try {
      const { reasons, needs } = action === 'live' ? await this.choices.look(item) : { reasons: [] };
      if (reasons.length) throw new MoveRefusedError('host', reasons);
      const host = await this.nameOf(item.targetHostId);
      const { uuid } = await (action === 'live'
        ? this.migrations.liveMigrate(by, instanceId, { host, checkLater: true, atOnce, needs, parentId })
        : this.migrations.migrate(by, instanceId, { host, parentId }));
      await this.database.query(
        `UPDATE move_batch_items SET status = 'running', action = $3, migration_uuid = $4,
           started_at = coalesce(started_at, now()) WHERE batch_id = $1 AND instance_id = $2`,
        [batchId, instanceId, action, uuid],
      );
      return false;
    } catch (error) {
      if (!(error instanceof DomainError) || error instanceof UnavailableError) throw error;
      // Something else has begun with it: the next round looks again.
      if (error instanceof InstanceStateError) return false;
      // It cannot be moved live: it goes cold where that is allowed, else it stays, with every reason.
      if (action === 'live' && live === 'prefer' && item.vmState === 'active')
        return this.begin(batchId, item, 'cold', policy, by);
      await this.settle(batchId, item, 'failed', error.message);
      return true;
    }
  }

  private async nameOf(hostId: string | null): Promise<string | null> {
    if (hostId === null) return null;
    return (await this.database.manager.findOneByOrFail(Host, { id: hostId })).name;
  }

  /** Lost to a caller who confirms or deletes at the same time: the next round sees what became of it. */
  private async confirm({ instanceId }: BatchItem, by: BatchCaller): Promise<void> {
    await ignoringDomain(this.migrations.confirmResize(by, instanceId, by.operationId));
  }

  private async abort(instanceId: string, migrationId: number): Promise<void> {
    await ignoringDomain(this.running.abort(instanceId, migrationId));
  }

  private async settle(batchId: string, item: BatchItem, status: MoveBatchItemStatus, reason: string | null) {
    const last = item.attempts.at(-1);
    await this.database.query(
      `UPDATE move_batch_items SET status = $3, reason = $4, bytes = $5, migration_uuid = coalesce($6, migration_uuid),
         finished_at = now() WHERE batch_id = $1 AND instance_id = $2`,
      [batchId, item.instanceId, status, reason, last?.bytes ?? 0, last?.uuid ?? null],
    );
  }
}

const isTried = ({ attempts }: BatchItem): boolean => attempts.length > 0;

/**
 * Of `parallel`, by moves that have begun and not ended. One that is committed runs at its target; that its source is
 * cleared away holds up no other, but as many may do so as may move.
 */
function placesTaken(begun: readonly BatchItem[], parallel: number): number {
  const leaving = begun.filter(({ attempts }) => attempts.at(-1)?.status === 'post-migrating').length;
  return begun.length - Math.min(leaving, parallel);
}

async function ignoringDomain(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof DomainError) || error instanceof UnavailableError) throw error;
  }
}
