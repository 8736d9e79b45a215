import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { MigrationProgress } from '#generated/lxstack/agent/v1/agent';
import type { Logger } from '#libs/common/logger';
import { messageOf } from '#libs/common/errors';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import type { Operation } from '#libs/operations/operation.entity';

/** Shortest time between two writes of one migration's progress. */
const everyMs = 200;

/** Keeps and publishes how moves go, without ever holding one up. */
@Injectable()
export class MoveProgress {
  private readonly writtenAt = new Map<string, number>();

  constructor(
    private readonly database: DataSource,
    private readonly log: Logger,
  ) {}

  report(operation: Operation, progress: MigrationProgress): void {
    const now = performance.now();
    if (now - (this.writtenAt.get(progress.migrationId) ?? -Infinity) < everyMs) return;
    this.writtenAt.set(progress.migrationId, now);
    const { memoryBytesTotal, memoryBytesProcessed, diskBytesTotal, diskBytesProcessed, timingsMs } = progress;
  }

  /** No more reports of this one are to come. */
  forget(migrationId: string): void {
    this.writtenAt.delete(migrationId);
  }
}
