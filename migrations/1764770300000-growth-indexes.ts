import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Indexes for what is looked for as tables grow: by operation and source of moves, and by what ended long ago. */
export class GrowthIndexes1764770300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(INDEXES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP INDEX migrations_by_operation, migrations_from_host, operations_finished, instances_deleted',
    );
  }
}

const INDEXES = `
  -- mobility: the move of an operation (batches)
  CREATE INDEX migrations_by_operation ON migrations (operation_id);
  -- mobility: what left a host (resync, evacuation)
  CREATE INDEX migrations_from_host ON migrations (source_host_id, id DESC);
  -- retention: what ended long ago
  CREATE INDEX operations_finished ON operations (finished_at) WHERE finished_at IS NOT NULL;
  CREATE INDEX instances_deleted ON instances (deleted_at) WHERE deleted_at IS NOT NULL;
`;
