import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a look at the guest after its move has found. Releases without it leave the column empty. */
export class GuestHealth1765040000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE migrations ADD COLUMN health jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE migrations DROP COLUMN health`);
  }
}
