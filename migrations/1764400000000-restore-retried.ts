import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why the first restore of a live move failed, where the second has succeeded. */
export class RestoreRetried1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE migrations ADD restore_retried text NOT NULL DEFAULT ''`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE migrations DROP restore_retried');
  }
}
