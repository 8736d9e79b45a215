import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deleted images stay on record while servers need them: who has a content is asked at each end of one. */
export class KeptImages1764710000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX images_by_sha256 ON images (sha256)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX images_by_sha256');
  }
}
