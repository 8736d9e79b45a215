import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Isolated instances: the host's ids that an instance's are shifted to, the same on every host and nobody else's. */
export class IdRanges1764600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMNS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE instances DROP COLUMN idmap_base, DROP COLUMN idmap_size');
  }
}

const COLUMNS = `
  ALTER TABLE instances
    ADD COLUMN idmap_base integer,
    ADD COLUMN idmap_size integer,
    ADD CONSTRAINT id_ranges EXCLUDE USING gist (int8range(idmap_base, idmap_base::bigint + idmap_size) WITH &&)
      WHERE (deleted_at IS NULL AND idmap_base IS NOT NULL);
`;
