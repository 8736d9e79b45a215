import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an operator runs before a control plane of 0.1.0 takes this database over again (CHANGELOG.md): processes of 0.1.0
 * read `hosts.used_*`, which those of this version leave as they were.
 */
export class GoingBack1764779000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION go_back_to_0_1_0() RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        ALTER TABLE hosts DISABLE TRIGGER host_usage_upgrade;
        UPDATE hosts h SET used_vcpus = u.used_vcpus, used_memory_mb = u.used_memory_mb, used_disk_gb = u.used_disk_gb
          FROM host_usage u WHERE u.host_id = h.id;
        ALTER TABLE hosts ENABLE TRIGGER host_usage_upgrade;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION go_back_to_0_1_0');
  }
}
