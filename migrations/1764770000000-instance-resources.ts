import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Instances own what they take of a host; flavor and image are views of some faces and may be absent. */
export class InstanceResources1764770000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMNS);
    await runner.query(UPGRADE_TRIGGER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER instance_resources ON instances;
      DROP FUNCTION instance_resources;
      DROP INDEX instances_unique_name, instances_changed;
      ALTER TABLE instances
        DROP COLUMN vcpus, DROP COLUMN memory_mb, DROP COLUMN disk_gb, DROP COLUMN ephemeral, DROP COLUMN name_is_unique,
        ALTER COLUMN flavor SET NOT NULL, ALTER COLUMN image_id SET NOT NULL`);
  }
}

const COLUMNS = `
  ALTER TABLE instances
    ADD COLUMN vcpus integer, ADD COLUMN memory_mb integer, ADD COLUMN disk_gb integer,
    ADD COLUMN ephemeral boolean NOT NULL DEFAULT false,
    ADD COLUMN name_is_unique boolean NOT NULL DEFAULT false,
    ALTER COLUMN flavor DROP NOT NULL, ALTER COLUMN image_id DROP NOT NULL;
  UPDATE instances SET vcpus = coalesce((flavor ->> 'vcpus')::integer, 0), memory_mb = coalesce((flavor ->> 'ramMb')::integer, 0),
    disk_gb = coalesce((flavor ->> 'diskGb')::integer, 0);
  ALTER TABLE instances
    ALTER COLUMN vcpus SET NOT NULL, ALTER COLUMN memory_mb SET NOT NULL, ALTER COLUMN disk_gb SET NOT NULL;
  -- compute: faces that address instances by name
  CREATE UNIQUE INDEX instances_unique_name ON instances (project_id, name) WHERE name_is_unique AND deleted_at IS NULL;
  -- compute: GET /servers?changes-since of one project, deleted ones too
  CREATE INDEX instances_changed ON instances (project_id, updated_at);
`;

/** While control planes of the version before run beside this one: they write the flavor and know nothing of the columns. */
const UPGRADE_TRIGGER = `
  CREATE FUNCTION instance_resources() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW.vcpus := coalesce((NEW.flavor ->> 'vcpus')::integer, 0);
    NEW.memory_mb := coalesce((NEW.flavor ->> 'ramMb')::integer, 0);
    NEW.disk_gb := coalesce((NEW.flavor ->> 'diskGb')::integer, 0);
    RETURN NEW;
  END $$;
  CREATE TRIGGER instance_resources BEFORE INSERT OR UPDATE OF flavor ON instances
    FOR EACH ROW WHEN (NEW.flavor IS NOT NULL) EXECUTE FUNCTION instance_resources();
`;
