import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a guest is told of itself: the key as a copy, and whether it has a config drive. A change of what its metadata
 * service tells is a change (kind `guest`) for the hosts of its ports; control planes without it pass over that kind.
 */
export class GuestData1764830000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE instances ADD COLUMN key_type text, ADD COLUMN public_key text,
        ADD COLUMN config_drive boolean NOT NULL DEFAULT false;

      CREATE FUNCTION desired_state_of_guest() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        -- Index ports_of_instance.
        PERFORM note_desired_state('guest', network_id, id, host_id, host_id)
           FROM ports WHERE instance_id = NEW.id AND host_id IS NOT NULL;
        RETURN NULL;
      END $$;

      CREATE TRIGGER desired_state_guest AFTER UPDATE ON instances FOR EACH ROW
        WHEN (OLD.name <> NEW.name OR OLD.hostname <> NEW.hostname OR OLD.metadata <> NEW.metadata)
        EXECUTE FUNCTION desired_state_of_guest();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION desired_state_of_guest CASCADE;
      ALTER TABLE instances DROP COLUMN key_type, DROP COLUMN public_key, DROP COLUMN config_drive;
    `);
  }
}
