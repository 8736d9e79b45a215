import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Batches of moves: the drain of a host, the moves of a plan. */
export class MoveBatches1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE move_batch_items; DROP TABLE move_batches');
  }
}

const TABLES = `
  CREATE TABLE move_batches (
    id uuid primary key,
    kind text not null,
    host_id uuid,
    operation_id uuid not null,
    live text not null,
    parallel integer not null,
    timeout_seconds integer not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  CREATE TABLE move_batch_items (
    batch_id uuid not null,
    instance_id uuid not null,
    position integer not null,
    source_host_id uuid not null,
    target_host_id uuid,
    action text,
    status text not null,
    migration_uuid uuid,
    reason text,
    bytes bigint not null default 0,
    started_at timestamptz,
    finished_at timestamptz,
    primary key (batch_id, instance_id)
  );
  -- mobility: the latest drain of a host
  CREATE INDEX move_batches_of_host ON move_batches (host_id, created_at DESC);
`;
