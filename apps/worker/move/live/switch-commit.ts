import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { MigrationProgress } from '#generated/lxstack/agent/v1/agent';
import { sleep } from '#libs/common/clock';
import { faultPoint } from '#libs/common/fault-point';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { OperationCancelledError } from '#libs/operations/execution/interruptions';
import type { StepRun } from '#libs/operations/workflow';
import type { MoveContext } from '../move-context.js';
import { MoveFailedError } from '../move.errors.js';
import { MoveSettlement } from '../move-settlement.js';

type Run = StepRun<MoveInput, MoveContext>;

/** The one transaction in which a running instance changes host (invariant 2). */
@Injectable()
export class SwitchCommit {
  constructor(
    private readonly database: DataSource,
    private readonly transitions: InstanceTransitions,
    private readonly settlement: MoveSettlement,
  ) {}

  /** Returns when the commit is known to be in Postgres; throws when it is known not to be. */
  async run(run: Run, progress: MigrationProgress): Promise<void> {
    try {
      await faultPoint('worker.before-commit');
      await run.commit((tx) => this.change(tx, run, progress));
    } catch (error) {
      const { committed, aborted } = await this.outcome(run);
      if (committed) return;
      throw aborted ? new OperationCancelledError() : error;
    }
  }

  private async change(tx: EntityManager, { operation, input, context }: Run, progress: MigrationProgress) {
    const [rows] = await tx.query<[unknown[], number]>(
      `UPDATE migrations SET status = 'post-migrating', timings_ms = $2, memory_bytes_total = $3,
         memory_bytes_processed = $4, disk_bytes_total = $5, disk_bytes_processed = $6, restore_retried = $7,
         memory_mode = $8, memory_mode_reason = $9, lost = $10, updated_at = now()
       WHERE uuid = $1 AND status = 'running' AND clock_timestamp() < switch_deadline RETURNING uuid`,
      [
        input.migrationId,
        progress.timingsMs,
        progress.memoryBytesTotal,
        progress.memoryBytesProcessed,
        progress.diskBytesTotal,
        progress.diskBytesProcessed,
        progress.restoreRetried,
        progress.memoryMode,
        progress.memoryModeReason,
        JSON.stringify(progress.lost),
      ],
    );
    if (!rows.length) throw new MoveFailedError('commit', 'the time for the switch had passed');
    await this.transitions.switchHost(tx, operation.resourceId, input.source, context.targetHostId!);
    await this.settlement.exchange(tx, operation.resourceId, input.migrationId, context.targetHostId!);
  }

  /** A commit whose answer was lost: Postgres is asked until it answers. */
  private async outcome({ input, operation, signal }: Run): Promise<{ committed: boolean; aborted: boolean }> {
    for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
      try {
        const [row] = await this.database.query<{ committed: boolean; aborted: boolean }[]>(
          `SELECT m.status = 'post-migrating' AS committed, o.cancel_requested AS aborted
           FROM migrations m, operations o WHERE m.uuid = $1 AND o.id = $2`,
          [input.migrationId, operation.id],
        );
        return row ?? { committed: false, aborted: false };
      } catch (error) {
        if (signal.aborted) throw error;
        await sleep(pause, signal);
      }
    }
  }
}
