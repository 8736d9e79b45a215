import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a live move did not carry. Releases without it leave the column empty. */
export class LostObjects1765061100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE migrations ADD COLUMN lost jsonb NOT NULL DEFAULT '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE migrations DROP COLUMN lost`);
  }
}
