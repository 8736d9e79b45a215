import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Join tokens that name their host, certificates that are renewed, hosts that are revoked. */
export class HostCertificates1764762000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE join_tokens
        ADD COLUMN hostname text,
        ADD COLUMN re_enrol boolean NOT NULL DEFAULT false;
      ALTER TABLE hosts
        ADD COLUMN previous_certificate_fingerprint text,
        ADD COLUMN revoked_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE join_tokens DROP COLUMN hostname, DROP COLUMN re_enrol');
    await runner.query('ALTER TABLE hosts DROP COLUMN previous_certificate_fingerprint, DROP COLUMN revoked_at');
  }
}
