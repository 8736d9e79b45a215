import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which operation began which: a batch's moves were known by their request id before, which a client may choose. */
export class OperationParents1764760000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMN);
    await runner.query(BACKFILL);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE operations DROP COLUMN parent_id');
  }
}

const COLUMN = `
  ALTER TABLE operations ADD COLUMN parent_id uuid;
  CREATE INDEX operations_by_parent ON operations (parent_id) WHERE parent_id IS NOT NULL;
`;

const BACKFILL = `
  UPDATE operations child SET parent_id = parent.id FROM operations parent
  WHERE parent.kind = 'moves.batch' AND child.request_id = 'req-' || parent.id AND child.id <> parent.id
    AND child.kind IN ('instance.live-migrate', 'instance.migrate', 'instance.confirm-resize');
`;
