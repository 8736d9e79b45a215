import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What hosts' networks should be, as a log of changes that the transactions which make them write, and what each host has
 * acknowledged. Triggers write the log: whatever changes a port or a network cannot forget it.
 */
export class DesiredState1764730000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(FUNCTIONS);
    await runner.query(TRIGGERS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION desired_state_of_port, desired_state_of_network, desired_state_of_subnet, desired_state_of_host CASCADE;
      DROP FUNCTION note_desired_state;
      DROP TABLE desired_state_changes, desired_state_log, host_desired_state;
    `);
  }
}

// No entities: TypeORM knows neither xid8 nor pg_snapshot. libs/networking/desired-state reads and writes them.
const TABLES = `
  CREATE TABLE desired_state_changes (
    id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    kind text not null,
    network_id uuid,
    resource_id uuid,
    from_host_id uuid,
    to_host_id uuid,
    created_at timestamptz not null default now()
  );
  -- A reader asks for what its snapshot did not see, from that snapshot's oldest transaction on.
  CREATE INDEX desired_state_changes_by_transaction ON desired_state_changes (xid);

  -- One row: which database this is (revisions of another one mean nothing here), and the newest change that was pruned.
  CREATE TABLE desired_state_log (
    one boolean primary key default true check (one),
    incarnation uuid not null default gen_random_uuid(),
    pruned xid8 not null default '0'
  );
  INSERT INTO desired_state_log DEFAULT VALUES;

  CREATE TABLE host_desired_state (
    host_id uuid primary key,
    revision pg_snapshot,
    acknowledged_at timestamptz,
    failures jsonb not null default '[]',
    mended jsonb not null default '[]',
    mended_at timestamptz
  );
`;

const FUNCTIONS = `
  CREATE FUNCTION note_desired_state(kind text, network uuid, resource uuid, from_host uuid, to_host uuid)
  RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO desired_state_changes (kind, network_id, resource_id, from_host_id, to_host_id)
      VALUES (kind, network, resource, from_host, to_host);
    PERFORM pg_notify('lxstack_desired_state', '');
  END $$;

  CREATE FUNCTION desired_state_of_port() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'DELETE' THEN
      PERFORM note_desired_state('port', OLD.network_id, OLD.id, OLD.host_id, NULL);
    ELSIF TG_OP = 'INSERT' THEN
      PERFORM note_desired_state('port', NEW.network_id, NEW.id, NULL, NEW.host_id);
    ELSE
      PERFORM note_desired_state('port', NEW.network_id, NEW.id, OLD.host_id, NEW.host_id);
    END IF;
    RETURN NULL;
  END $$;

  CREATE FUNCTION desired_state_of_network() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM note_desired_state('network', NEW.id, NEW.id, NULL, NULL);
    RETURN NULL;
  END $$;

  CREATE FUNCTION desired_state_of_subnet() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'DELETE' THEN
      PERFORM note_desired_state('subnet', OLD.network_id, OLD.id, NULL, NULL);
    ELSE
      PERFORM note_desired_state('subnet', NEW.network_id, NEW.id, NULL, NULL);
    END IF;
    RETURN NULL;
  END $$;

  CREATE FUNCTION desired_state_of_host() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM note_desired_state('host', NULL, NEW.id, NULL, NULL);
    RETURN NULL;
  END $$;
`;

// Each says by WHEN what no host has to know: ports on no host, statuses, names, heartbeats.
const TRIGGERS = `
  CREATE TRIGGER desired_state_insert AFTER INSERT ON ports FOR EACH ROW WHEN (NEW.host_id IS NOT NULL)
    EXECUTE FUNCTION desired_state_of_port();
  CREATE TRIGGER desired_state_update AFTER UPDATE ON ports FOR EACH ROW
    WHEN ((OLD.host_id IS NOT NULL OR NEW.host_id IS NOT NULL) AND (
      OLD.host_id IS DISTINCT FROM NEW.host_id OR OLD.mac_address <> NEW.mac_address OR OLD.fixed_ips <> NEW.fixed_ips
      OR OLD.port_security_enabled <> NEW.port_security_enabled OR OLD.admin_state_up <> NEW.admin_state_up
      OR OLD.device_index <> NEW.device_index))
    EXECUTE FUNCTION desired_state_of_port();
  CREATE TRIGGER desired_state_delete AFTER DELETE ON ports FOR EACH ROW WHEN (OLD.host_id IS NOT NULL)
    EXECUTE FUNCTION desired_state_of_port();
  CREATE TRIGGER desired_state_update AFTER UPDATE ON networks FOR EACH ROW
    WHEN (OLD.mtu <> NEW.mtu OR OLD.admin_state_up <> NEW.admin_state_up OR OLD.vni <> NEW.vni)
    EXECUTE FUNCTION desired_state_of_network();
  CREATE TRIGGER desired_state_insert AFTER INSERT OR DELETE ON subnets FOR EACH ROW
    EXECUTE FUNCTION desired_state_of_subnet();
  CREATE TRIGGER desired_state_update AFTER UPDATE ON subnets FOR EACH ROW
    WHEN (OLD.cidr <> NEW.cidr OR OLD.gateway_ip IS DISTINCT FROM NEW.gateway_ip OR OLD.enable_dhcp <> NEW.enable_dhcp
      OR OLD.dns_nameservers <> NEW.dns_nameservers OR OLD.host_routes <> NEW.host_routes)
    EXECUTE FUNCTION desired_state_of_subnet();
  CREATE TRIGGER desired_state_update AFTER UPDATE OF vtep ON hosts FOR EACH ROW WHEN (OLD.vtep <> NEW.vtep)
    EXECUTE FUNCTION desired_state_of_host();
`;
