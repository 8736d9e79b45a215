import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { MigrationProgress } from '#generated/lxstack/agent/v1/agent';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { Events } from '#libs/operations/events';
import type { Operation } from '#libs/operations/operation.entity';

/** Shortest time between two writes of one migration's progress. */
const everyMs = 200;

/** Writes and publishes the progress of moves; no move ever waits for it. */
@Injectable()
export class MoveProgress {
  private readonly log = createLogger('worker');
  private readonly writtenAt = new Map<string, number>();

  constructor(
    private readonly database: DataSource,
    private readonly events: Events,
  ) {}

  report(operation: Operation, progress: MigrationProgress): void {
    const now = performance.now();
    if (now - (this.writtenAt.get(progress.migrationId) ?? -Infinity) < everyMs) return;
    this.writtenAt.set(progress.migrationId, now);
    const { phase, memoryBytesTotal, memoryBytesProcessed, diskBytesTotal, diskBytesProcessed } = progress;
    const { timingsMs, memoryMode, memoryModeReason } = progress;
    const bytes = { memoryBytesTotal, memoryBytesProcessed, diskBytesTotal, diskBytesProcessed };
    const counts = { ...bytes, timingsMs, memoryMode, memoryModeReason };
    const { projectId, resourceId: instanceId } = operation;
    this.events.publish({
      type: 'migration',
      id: progress.migrationId,
      projectId,
      data: { instanceId, phase, ...counts },
    });
    this.database.manager.update(Migration, { uuid: progress.migrationId }, counts).catch((error: unknown) => {
      this.log.warn({ migration: progress.migrationId, reason: messageOf(error) }, 'progress not kept');
    });
  }

  /** No more reports of this one are to come. */
  forget(migrationId: string): void {
    this.writtenAt.delete(migrationId);
  }
}
