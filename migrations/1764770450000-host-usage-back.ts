import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A control plane that goes back to the version before reads and writes `hosts.used_*`, which nobody kept: its claims and
 * its audit began with the sums of the day of the upgrade. Each write of a host's row takes the sums along now, so they are
 * a heartbeat old at most, and what the version before claims is measured by the sums as they are.
 */
export class HostUsageBack1764770450000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER host_usage_upgrade ON hosts; DROP FUNCTION host_usage_upgrade; ${BOTH_WAYS}`);
    await runner.query('UPDATE hosts SET updated_at = updated_at');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TRIGGER host_usage_both_ways ON hosts; DROP FUNCTION host_usage_both_ways; ${ONE_WAY}`);
  }
}

/** No lock beyond that of the row where sums stay: a heartbeat waits for no claim. A claim without room changes no row. */
const BOTH_WAYS = `
  CREATE FUNCTION host_usage_both_ways() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    vcpus bigint := NEW.used_vcpus - OLD.used_vcpus;
    memory bigint := NEW.used_memory_mb - OLD.used_memory_mb;
    disk bigint := NEW.used_disk_gb - OLD.used_disk_gb;
    sums host_usage;
  BEGIN
    IF vcpus = 0 AND memory = 0 AND disk = 0 THEN
      SELECT * INTO sums FROM host_usage WHERE host_id = NEW.id;
      IF NOT FOUND THEN RETURN NEW; END IF;
    ELSE
      UPDATE host_usage u SET used_vcpus = u.used_vcpus + vcpus, used_memory_mb = u.used_memory_mb + memory,
        used_disk_gb = u.used_disk_gb + disk
      WHERE u.host_id = NEW.id
        AND (vcpus <= 0 OR u.used_vcpus + vcpus <= NEW.vcpus * NEW.cpu_ratio)
        AND (memory <= 0 OR u.used_memory_mb + memory <= NEW.memory_mb * NEW.memory_ratio)
        AND (disk <= 0 OR u.used_disk_gb + disk <= NEW.disk_gb * NEW.disk_ratio)
      RETURNING * INTO sums;
      IF NOT FOUND THEN RETURN NULL; END IF;
    END IF;
    NEW.used_vcpus := sums.used_vcpus;
    NEW.used_memory_mb := sums.used_memory_mb;
    NEW.used_disk_gb := sums.used_disk_gb;
    RETURN NEW;
  END $$;
  CREATE TRIGGER host_usage_both_ways BEFORE UPDATE ON hosts FOR EACH ROW EXECUTE FUNCTION host_usage_both_ways();
`;

const ONE_WAY = `
  CREATE FUNCTION host_usage_upgrade() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    UPDATE host_usage SET used_vcpus = used_vcpus + NEW.used_vcpus - OLD.used_vcpus,
      used_memory_mb = used_memory_mb + NEW.used_memory_mb - OLD.used_memory_mb,
      used_disk_gb = used_disk_gb + NEW.used_disk_gb - OLD.used_disk_gb
    WHERE host_id = NEW.id;
    RETURN NULL;
  END $$;
  CREATE TRIGGER host_usage_upgrade AFTER UPDATE OF used_vcpus, used_memory_mb, used_disk_gb ON hosts
    FOR EACH ROW WHEN ((OLD.used_vcpus, OLD.used_memory_mb, OLD.used_disk_gb)
      IS DISTINCT FROM (NEW.used_vcpus, NEW.used_memory_mb, NEW.used_disk_gb))
    EXECUTE FUNCTION host_usage_upgrade();
`;
