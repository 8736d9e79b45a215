import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tokens whose scope is the whole cloud (Keystone: system_scope all). Roles on it are rows of role_assignments whose
 * project is `system`. A process of the release before takes such a token for one without a scope.
 */
export class SystemScope1764740000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tokens ADD COLUMN system boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM role_assignments WHERE project_id = 'system'`);
    await runner.query('DELETE FROM tokens WHERE system');
    await runner.query('ALTER TABLE tokens DROP COLUMN system');
  }
}
