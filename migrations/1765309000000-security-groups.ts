import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Security groups that filter. Projects that have ports keep what their default group has said so far, everything may come
 * and go, now as rules that they can change; projects without ports get Neutron's default group when they need one.
 */
export class SecurityGroups1765309000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(OPEN_DEFAULT_GROUPS);
    await runner.query(FUNCTIONS);
    await runner.query(TRIGGERS);
    await runner.query(EXISTING_PORTS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION ports_in_default_group, desired_state_of_members, desired_state_of_group, note_group CASCADE;
      DROP TRIGGER desired_state_update ON ports;
      ALTER TABLE ports DROP COLUMN security_group_ids, DROP COLUMN allowed_address_pairs;
      ALTER TABLE desired_state_changes DROP COLUMN group_id;
      DROP TABLE security_group_rules, security_groups;
      ${portTrigger('')}
    `);
  }
}

const TABLES = `
  CREATE TABLE security_groups (
    id uuid primary key,
    name text not null default '',
    description text not null default '',
    project_id text not null,
    is_default boolean not null default false,
    stateful boolean not null default true,
    tags text[] not null default '{}',
    revision_number integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  CREATE INDEX security_groups_of_project ON security_groups (project_id, created_at);
  CREATE UNIQUE INDEX security_groups_default ON security_groups (project_id) WHERE is_default;

  CREATE TABLE security_group_rules (
    id uuid primary key,
    security_group_id uuid not null,
    project_id text not null,
    description text not null default '',
    direction text not null,
    ether_type text not null,
    protocol text,
    port_range_min integer,
    port_range_max integer,
    remote_ip_prefix text,
    remote_group_id uuid,
    revision_number integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  CREATE INDEX security_group_rules_of_group ON security_group_rules (security_group_id);
  CREATE INDEX security_group_rules_remote ON security_group_rules (remote_group_id) WHERE remote_group_id IS NOT NULL;
  CREATE INDEX security_group_rules_of_project ON security_group_rules (project_id, created_at);

  -- NULL: a control plane from before security groups has made the port; nothing but forged addresses is filtered.
  ALTER TABLE ports ADD COLUMN security_group_ids uuid[];
  ALTER TABLE ports ADD COLUMN allowed_address_pairs jsonb not null default '[]';
  CREATE INDEX ports_of_security_group ON ports USING gin (security_group_ids);

  ALTER TABLE desired_state_changes ADD COLUMN group_id uuid;
`;

/** UUIDs made of words (RFC 9562, version 8): these groups and rules have been shown under these ids before they were rows. */
const derivedId = (words: string) => `
  (SELECT concat_ws('-', substr(h, 1, 8), substr(h, 9, 4), '8' || substr(h, 14, 3), '8' || substr(h, 18, 3), substr(h, 21, 12))
     FROM encode(sha256(convert_to(${words}, 'UTF8')), 'hex') AS h)::uuid`;

const OPEN_DEFAULT_GROUPS = `
  INSERT INTO security_groups (id, name, description, project_id, is_default)
  SELECT ${derivedId(`p.project_id || chr(10) || 'security group'`)}, 'default', 'Everything may come and go', p.project_id, true
    FROM (SELECT DISTINCT project_id FROM ports) p;
  INSERT INTO security_group_rules (id, security_group_id, project_id, direction, ether_type)
  SELECT ${derivedId(`g.project_id || chr(10) || d.direction || chr(10) || e.ether_type`)}, g.id, g.project_id, d.direction, e.ether_type
    FROM security_groups g, (VALUES ('ingress'), ('egress')) d (direction), (VALUES ('IPv4'), ('IPv6')) e (ether_type);
`;

const FUNCTIONS = `
  CREATE FUNCTION note_group(kind text, group_id uuid, resource uuid) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO desired_state_changes (kind, group_id, resource_id) VALUES (kind, group_id, resource);
    PERFORM pg_notify('lxstack_desired_state', '');
  END $$;

  -- A port has come into groups, left them, or has other addresses: for the hosts with rules that name them as remote.
  CREATE FUNCTION desired_state_of_members() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE old_groups uuid[] := '{}'; new_groups uuid[] := '{}';
  BEGIN
    IF TG_OP <> 'INSERT' THEN old_groups := coalesce(OLD.security_group_ids, '{}'); END IF;
    IF TG_OP <> 'DELETE' THEN new_groups := coalesce(NEW.security_group_ids, '{}'); END IF;
    PERFORM note_group('member', g, CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END)
       FROM (SELECT unnest(old_groups) UNION SELECT unnest(new_groups)) AS all_groups (g);
    RETURN NULL;
  END $$;

  CREATE FUNCTION desired_state_of_group() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_TABLE_NAME = 'security_groups' THEN PERFORM note_group('group', NEW.id, NEW.id);
    ELSIF TG_OP = 'DELETE' THEN PERFORM note_group('group', OLD.security_group_id, OLD.security_group_id);
    ELSE PERFORM note_group('group', NEW.security_group_id, NEW.security_group_id);
    END IF;
    RETURN NULL;
  END $$;

  -- Processes of the release before make ports too during an upgrade.
  CREATE FUNCTION ports_in_default_group() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    SELECT ARRAY[id] INTO NEW.security_group_ids FROM security_groups WHERE project_id = NEW.project_id AND is_default;
    RETURN NEW;
  END $$;
`;

/** As in 1764730000000-desired-state, with what `more` adds. */
const portTrigger = (more: string) => `
  CREATE TRIGGER desired_state_update AFTER UPDATE ON ports FOR EACH ROW
    WHEN ((OLD.host_id IS NOT NULL OR NEW.host_id IS NOT NULL) AND (
      OLD.host_id IS DISTINCT FROM NEW.host_id OR OLD.mac_address <> NEW.mac_address OR OLD.fixed_ips <> NEW.fixed_ips
      OR OLD.port_security_enabled <> NEW.port_security_enabled OR OLD.admin_state_up <> NEW.admin_state_up
      OR OLD.device_index <> NEW.device_index ${more}))
    EXECUTE FUNCTION desired_state_of_port();`;

const TRIGGERS = `
  CREATE TRIGGER raise_revision BEFORE UPDATE ON security_groups FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_revision();
  DROP TRIGGER desired_state_update ON ports;
  ${portTrigger(`OR OLD.security_group_ids IS DISTINCT FROM NEW.security_group_ids
    OR OLD.allowed_address_pairs <> NEW.allowed_address_pairs`)}
  CREATE TRIGGER desired_state_member AFTER INSERT OR DELETE ON ports FOR EACH ROW
    EXECUTE FUNCTION desired_state_of_members();
  CREATE TRIGGER desired_state_member_update AFTER UPDATE ON ports FOR EACH ROW
    WHEN (OLD.security_group_ids IS DISTINCT FROM NEW.security_group_ids OR OLD.fixed_ips <> NEW.fixed_ips
      OR OLD.allowed_address_pairs <> NEW.allowed_address_pairs)
    EXECUTE FUNCTION desired_state_of_members();
  CREATE TRIGGER desired_state_update AFTER UPDATE OF stateful ON security_groups FOR EACH ROW
    WHEN (OLD.stateful <> NEW.stateful) EXECUTE FUNCTION desired_state_of_group();
  CREATE TRIGGER desired_state_change AFTER INSERT OR DELETE ON security_group_rules FOR EACH ROW
    EXECUTE FUNCTION desired_state_of_group();
  CREATE TRIGGER ports_in_default_group BEFORE INSERT ON ports FOR EACH ROW
    WHEN (NEW.security_group_ids IS NULL AND NEW.port_security_enabled) EXECUTE FUNCTION ports_in_default_group();
`;

/** Their hosts are told by the trigger. */
const EXISTING_PORTS = `
  UPDATE ports p SET security_group_ids =
         CASE WHEN p.port_security_enabled AND p.router_id IS NULL THEN ARRAY[g.id] ELSE '{}' END
    FROM security_groups g WHERE g.project_id = p.project_id AND g.is_default;
`;
