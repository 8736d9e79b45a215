import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How the memory of a live move went, and why so. */
export class MemoryMode1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE migrations ADD memory_mode text NOT NULL DEFAULT '', ADD memory_mode_reason text NOT NULL DEFAULT ''`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE migrations DROP memory_mode, DROP memory_mode_reason');
  }
}
