import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a server's guest has posted as its password, encrypted. */
export class ServerPassword1765330000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE instances ADD COLUMN password text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE instances DROP COLUMN password');
  }
}
