import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The binding of a port to an instance stands in a column of its own: `device_id` is text that users write. */
export class PortBindings1764720000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE ports ADD COLUMN instance_id uuid');
    await runner.query(BACKFILL);
    await runner.query(UNPLUG_STRANGERS);
    await runner.query(
      'CREATE INDEX ports_of_instance ON ports (instance_id, device_index) WHERE instance_id IS NOT NULL',
    );
    await runner.query(FOLLOW_OLD_WRITERS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER ports_follow_old_writers ON ports');
    await runner.query('DROP FUNCTION ports_follow_old_writers()');
    await runner.query('ALTER TABLE ports DROP COLUMN instance_id');
  }
}

/**
 * Bound: a port that was made for the instance, or one of the instance's own project on the instance's host. A port of
 * another project that merely names an instance is not its NIC: that was the hole.
 */
const BACKFILL = `
  UPDATE ports p SET instance_id = i.id FROM instances i
   WHERE i.id::text = p.device_id AND i.deleted_at IS NULL AND p.device_owner LIKE 'compute:%'
     AND (p.owned_by_instance
       OR (p.project_id = i.project_id AND p.host_id IS NOT DISTINCT FROM i.host_id
         AND NOT EXISTS (SELECT FROM ports o WHERE o.device_id = p.device_id AND o.owned_by_instance
                           AND o.device_index = p.device_index)))`;

/** A stranger's port was bound with the instance it named; nobody tells a host of it any more. */
const UNPLUG_STRANGERS = `
  UPDATE ports p SET host_id = NULL, status = 'DOWN' FROM instances i
   WHERE i.id::text = p.device_id AND p.instance_id IS NULL AND p.host_id IS NOT NULL`;

/**
 * During an upgrade processes of the release before write ports too; they know device_id alone. Only what their \`Ports\`
 * service writes counts as a binding: ports made for an instance, and statements that set device_index, which no user can.
 */
const FOLLOW_OLD_WRITERS = `
  CREATE FUNCTION ports_follow_old_writers() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    named uuid := CASE WHEN NEW.device_owner = 'compute:nova' AND NEW.device_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                       THEN NEW.device_id::uuid END;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      IF NEW.owned_by_instance AND NEW.instance_id IS NULL THEN NEW.instance_id := named; END IF;
    ELSIF NEW.instance_id IS NOT DISTINCT FROM OLD.instance_id THEN
      NEW.instance_id := named;
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER ports_follow_old_writers BEFORE INSERT OR UPDATE OF device_index ON ports
    FOR EACH ROW EXECUTE FUNCTION ports_follow_old_writers()`;
