import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Guests are told the names of their security groups: a group's new name is a change for the hosts of its ports. */
export class GroupNames1765309100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION desired_state_of_group_name() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        -- Index ports_of_security_group.
        PERFORM note_desired_state('guest', network_id, id, host_id, host_id)
           FROM ports WHERE security_group_ids @> ARRAY[NEW.id] AND instance_id IS NOT NULL AND host_id IS NOT NULL;
        RETURN NULL;
      END $$;

      CREATE TRIGGER desired_state_name AFTER UPDATE OF name ON security_groups FOR EACH ROW
        WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION desired_state_of_group_name();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION desired_state_of_group_name CASCADE');
  }
}
