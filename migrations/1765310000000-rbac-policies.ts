import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who else may use a network. Triggers keep the policies of networks that are shared with all, because processes of the
 * release before write `networks.shared` only.
 */
export class RbacPolicies1765310000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE rbac_policies (
        id uuid primary key,
        project_id text not null,
        object_type text not null,
        object_id uuid not null,
        action text not null,
        target_project text not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );
      CREATE UNIQUE INDEX rbac_policies_once ON rbac_policies (object_type, object_id, action, target_project);
      CREATE INDEX rbac_policies_of_project ON rbac_policies (project_id, created_at);

      CREATE FUNCTION rbac_policy_of_shared_network() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' THEN
          DELETE FROM rbac_policies WHERE object_type = 'network' AND object_id = OLD.id;
        ELSIF NEW.shared THEN
          INSERT INTO rbac_policies (id, project_id, object_type, object_id, action, target_project)
          VALUES (gen_random_uuid(), NEW.project_id, 'network', NEW.id, 'access_as_shared', '*')
          ON CONFLICT DO NOTHING;
        ELSE
          DELETE FROM rbac_policies
           WHERE object_type = 'network' AND object_id = NEW.id AND action = 'access_as_shared' AND target_project = '*';
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER rbac_policy_insert AFTER INSERT ON networks FOR EACH ROW WHEN (NEW.shared)
        EXECUTE FUNCTION rbac_policy_of_shared_network();
      CREATE TRIGGER rbac_policy_update AFTER UPDATE ON networks FOR EACH ROW WHEN (OLD.shared <> NEW.shared)
        EXECUTE FUNCTION rbac_policy_of_shared_network();
      CREATE TRIGGER rbac_policy_delete AFTER DELETE ON networks FOR EACH ROW
        EXECUTE FUNCTION rbac_policy_of_shared_network();

      INSERT INTO rbac_policies (id, project_id, object_type, object_id, action, target_project)
      SELECT gen_random_uuid(), project_id, 'network', id, 'access_as_shared', '*' FROM networks WHERE shared;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION rbac_policy_of_shared_network CASCADE; DROP TABLE rbac_policies');
  }
}
