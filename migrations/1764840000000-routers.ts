import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Routers. A router's interface is a port with `router_id`; it is on no host, because every host with a port on one of
 * the router's networks has the router. Their changes go into the log of desired state.
 */
export class Routers1764840000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(TRIGGERS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION desired_state_of_router, desired_state_of_router_interface CASCADE;
      DROP VIEW host_networks;
      DELETE FROM ip_allocations WHERE port_id IN (SELECT id FROM ports WHERE router_id IS NOT NULL);
      DELETE FROM ports WHERE router_id IS NOT NULL;
      ALTER TABLE ports DROP COLUMN router_id;
      DROP TABLE routers;
    `);
  }
}

const TABLES = `
  CREATE TABLE routers (
    id uuid primary key,
    name text not null default '',
    description text not null default '',
    project_id text not null,
    admin_state_up boolean not null default true,
    routes jsonb not null default '[]',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  CREATE INDEX routers_of_project ON routers (project_id, created_at);
  ALTER TABLE ports ADD COLUMN router_id uuid;
  CREATE INDEX ports_of_router ON ports (router_id) WHERE router_id IS NOT NULL;
  CREATE INDEX router_ports_of_network ON ports (network_id) WHERE router_id IS NOT NULL;
`;

const TRIGGERS = `
  CREATE FUNCTION desired_state_of_router() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM note_desired_state('router', NULL, NEW.id, NULL, NULL);
    RETURN NULL;
  END $$;

  CREATE FUNCTION desired_state_of_router_interface() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP <> 'INSERT' AND OLD.router_id IS NOT NULL THEN
      PERFORM note_desired_state('router', OLD.network_id, OLD.router_id, NULL, NULL);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.router_id IS NOT NULL
       AND (TG_OP = 'INSERT' OR NEW.router_id IS DISTINCT FROM OLD.router_id) THEN
      PERFORM note_desired_state('router', NEW.network_id, NEW.router_id, NULL, NULL);
    END IF;
    RETURN NULL;
  END $$;

  CREATE TRIGGER desired_state_update AFTER UPDATE ON routers FOR EACH ROW
    WHEN (OLD.admin_state_up <> NEW.admin_state_up OR OLD.routes <> NEW.routes)
    EXECUTE FUNCTION desired_state_of_router();
  CREATE TRIGGER desired_state_router_insert AFTER INSERT ON ports FOR EACH ROW WHEN (NEW.router_id IS NOT NULL)
    EXECUTE FUNCTION desired_state_of_router_interface();
  CREATE TRIGGER desired_state_router_update AFTER UPDATE ON ports FOR EACH ROW
    WHEN ((OLD.router_id IS NOT NULL OR NEW.router_id IS NOT NULL) AND (OLD.router_id IS DISTINCT FROM NEW.router_id
      OR OLD.fixed_ips <> NEW.fixed_ips OR OLD.mac_address <> NEW.mac_address
      OR OLD.admin_state_up <> NEW.admin_state_up))
    EXECUTE FUNCTION desired_state_of_router_interface();
  CREATE TRIGGER desired_state_router_delete AFTER DELETE ON ports FOR EACH ROW WHEN (OLD.router_id IS NOT NULL)
    EXECUTE FUNCTION desired_state_of_router_interface();

  -- The networks that each host has: those of its ports, and those that a router joins to them.
  CREATE VIEW host_networks AS
    SELECT host_id, network_id FROM ports WHERE host_id IS NOT NULL
    UNION
    SELECT p.host_id, far.network_id FROM ports p
      JOIN ports near ON near.network_id = p.network_id AND near.router_id IS NOT NULL
      JOIN ports far ON far.router_id = near.router_id AND far.network_id <> near.network_id
     WHERE p.host_id IS NOT NULL;
`;
