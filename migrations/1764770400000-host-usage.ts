import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What claims lock is a table of its own, so that heartbeats, which write `hosts`, and claims do not wait for each other.
 * `hosts.used_*` is what processes of the version before write; nobody else reads it.
 */
export class HostUsage1764770400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLE);
    await runner.query(TRIGGERS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER host_usage_of_new ON hosts; DROP TRIGGER host_usage_of_gone ON hosts;
      DROP TRIGGER host_usage_upgrade ON hosts;
      UPDATE hosts h SET used_vcpus = u.used_vcpus, used_memory_mb = u.used_memory_mb, used_disk_gb = u.used_disk_gb
        FROM host_usage u WHERE u.host_id = h.id;
      DROP TABLE host_usage;
      DROP FUNCTION host_usage_of_new; DROP FUNCTION host_usage_of_gone; DROP FUNCTION host_usage_upgrade`);
  }
}

const TABLE = `
  CREATE TABLE host_usage (
    host_id uuid primary key,
    used_vcpus integer not null default 0,
    used_memory_mb bigint not null default 0,
    used_disk_gb bigint not null default 0
  ) WITH (fillfactor = 50);
  INSERT INTO host_usage SELECT id, used_vcpus, used_memory_mb, used_disk_gb FROM hosts;
`;

/** Every host has its row. An old process's change of a sum is one here, too. */
const TRIGGERS = `
  CREATE FUNCTION host_usage_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO host_usage VALUES (NEW.id, NEW.used_vcpus, NEW.used_memory_mb, NEW.used_disk_gb);
    RETURN NULL;
  END $$;
  CREATE TRIGGER host_usage_of_new AFTER INSERT ON hosts FOR EACH ROW EXECUTE FUNCTION host_usage_of_new();

  CREATE FUNCTION host_usage_of_gone() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    DELETE FROM host_usage WHERE host_id = OLD.id;
    RETURN NULL;
  END $$;
  CREATE TRIGGER host_usage_of_gone AFTER DELETE ON hosts FOR EACH ROW EXECUTE FUNCTION host_usage_of_gone();

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
