import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { DomainError, InstanceStateError, UnavailableError } from '#libs/common/errors';
import { Host } from '#libs/fleet/hosts/host.entity';
import { begunAtOnce } from '#libs/mobility/batches/batch-progress';
import { nextMove } from '#libs/mobility/batches/next-move';
import type { LivePolicy, MoveAction, MoveBatchItemStatus } from '#libs/mobility/batches/move-batch.entity';
import { isAbortable } from '#libs/mobility/migrations/migration-states';
import { Mandate } from '#libs/mobility/migrations/mandate';
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

/** Most pending items that one round reads, so that a large host's are not all read for each that ends. */
const PAGE = 100;

/** Whose moves they are, and the operation that begins them. */
export interface BatchCaller extends Caller {
  operationId: string;
}

interface Policy {
  live: LivePolicy;
  parallel: number;
  /** The drained host; null for other batches. */
  hostId: string | null;
}

/** Reads a batch's open items and begins, confirms or settles their moves. May be repeated at any point. */
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
   * Settles moves that have ended, confirms cold ones, and begins new ones while fewer than `parallel` are under way. Returns how
   * many items are open; 0: the batch is over.
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
    this.choices.prefetch(next.slice(0, 2 * parallel).map(({ item }) => item));
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

  /** Gives up the items that have no move yet and lets the others end. Returns how many moves still run. */
  async windDown(
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
          else if (abort && isAbortable(last.type, last.status)) await this.abort(item.instanceId, last.id, by);
        }
      }
      if (items.length < PAGE) return running;
    }
  }

  /** Begins an item's move. True when it cannot begin, which settles the item as failed. */
  private async begin(
    batchId: string,
    item: BatchItem,
    action: MoveAction,
    policy: Policy,
    by: BatchCaller,
  ): Promise<boolean> {
    const { instanceId } = item;
    const { operationId: parentId } = by;
    const mandate = new Mandate(by);
    const { live, parallel, hostId } = policy;
    const atOnce = hostId ? parallel : undefined;
    try {
      const { reasons, needs } = action === 'live' ? await this.choices.look(item) : { reasons: [] };
      if (reasons.length) throw new MoveRefusedError('host', reasons);
      const host = await this.nameOf(item.targetHostId);
      const { uuid } = await (action === 'live'
        ? this.migrations.liveMigrate(mandate, instanceId, { host, checkLater: true, atOnce, needs, parentId })
        : this.migrations.migrate(mandate, instanceId, { host, checkLater: true, parentId }));
      await this.database.query(
        `UPDATE move_batch_items SET status = 'running', action = $3, migration_uuid = $4,
           started_at = coalesce(started_at, now()) WHERE batch_id = $1 AND instance_id = $2`,
        [batchId, instanceId, action, uuid],
      );
      return false;
    } catch (error) {
      if (!(error instanceof DomainError) || error instanceof UnavailableError) throw error;
      // Another operation has begun on the instance: the next round tries again.
      if (error instanceof InstanceStateError) return false;
      // It cannot be moved live: moves it cold where the operator allows that; else it stays, and the item has every reason.
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

  /** A user may confirm or delete the instance at the same moment: the next round sees the outcome. */
  private async confirm({ instanceId }: BatchItem, by: BatchCaller): Promise<void> {
    await ignoringDomain(this.migrations.confirmResize(new Mandate(by), instanceId, by.operationId));
  }

  private async abort(instanceId: string, migrationId: number, by: BatchCaller): Promise<void> {
    await ignoringDomain(this.running.abort(new Mandate(by), instanceId, migrationId));
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
 * How many of the `parallel` places are taken by moves under way. A committed move, whose source is only being cleaned up,
 * takes no place; but at most `parallel` of these are free.
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
