import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Glance: os_hidden. */
export class HiddenImages1764720001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE images ADD COLUMN hidden boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE images DROP COLUMN hidden');
  }
}
