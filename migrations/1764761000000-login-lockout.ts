import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keystone: failed_auth_count and failed_auth_at of local_user, for lock-outs. */
export class LoginLockout1764761000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE users
        ADD COLUMN failed_auth_count integer NOT NULL DEFAULT 0,
        ADD COLUMN failed_auth_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE users DROP COLUMN failed_auth_count, DROP COLUMN failed_auth_at');
  }
}
