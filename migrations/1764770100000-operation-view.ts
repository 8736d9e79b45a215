import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What LXD's operations show besides Nova's instance actions: both are views of one record. */
export class OperationView1764770100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE operations
        ADD COLUMN class text NOT NULL DEFAULT 'task', ADD COLUMN description text NOT NULL DEFAULT '',
        ADD COLUMN metadata jsonb NOT NULL DEFAULT '{}', ADD COLUMN resources jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN may_cancel boolean NOT NULL DEFAULT false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE operations DROP COLUMN class, DROP COLUMN description, DROP COLUMN metadata, DROP COLUMN resources,
        DROP COLUMN may_cancel`);
  }
}
