import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The target of a live move that has not been committed yet has the networks of the instance, as if the instance's ports were
 * there: its desired state brings them before the first frame. That follows from the move's record alone, so whatever ends the
 * move takes them away again.
 */
export class ArrivingHosts1765600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(VIEWS);
    await runner.query(TRIGGER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION desired_state_of_arrival CASCADE;
      ${hostNetworks('ports')}
      DROP VIEW port_hosts;
      DROP INDEX migrations_arriving;
      DROP FUNCTION arriving_host;
    `);
  }
}

/** The networks that each host has: those of its ports, and those that a router joins to them. */
const hostNetworks = (ports: 'ports' | 'port_hosts') => `
  CREATE OR REPLACE VIEW host_networks AS
    SELECT host_id, network_id FROM ${ports} WHERE host_id IS NOT NULL
    UNION
    SELECT p.host_id, far.network_id FROM ${ports} p
      JOIN ports near ON near.network_id = p.network_id AND near.router_id IS NOT NULL
      JOIN ports far ON far.router_id = near.router_id AND far.network_id <> near.network_id
     WHERE p.host_id IS NOT NULL;
`;

const VIEWS = `
  -- The host to which an instance is on its way while it runs elsewhere; null before and after.
  CREATE FUNCTION arriving_host(migration_type text, status text, dest_host_id uuid) RETURNS uuid
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN migration_type = 'live-migration' AND status IN ('preparing', 'running') THEN dest_host_id END $$;

  CREATE INDEX migrations_arriving ON migrations (dest_host_id)
    WHERE migration_type = 'live-migration' AND status IN ('preparing', 'running');

  -- The hosts that each port is on, or about to be on.
  CREATE VIEW port_hosts AS
    SELECT id AS port_id, network_id, host_id FROM ports WHERE host_id IS NOT NULL
    UNION ALL
    SELECT p.id, p.network_id, m.dest_host_id FROM migrations m JOIN ports p ON p.instance_id = m.instance_id
     WHERE m.migration_type = 'live-migration' AND m.status IN ('preparing', 'running') AND m.dest_host_id IS NOT NULL;

  ${hostNetworks('port_hosts')}
`;

const TRIGGER = `
  CREATE FUNCTION desired_state_of_arrival() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    before uuid := arriving_host(OLD.migration_type, OLD.status, OLD.dest_host_id);
    now uuid := arriving_host(NEW.migration_type, NEW.status, NEW.dest_host_id);
  BEGIN
    PERFORM note_desired_state('arrival', p.network_id, NEW.instance_id, before, now)
       FROM (SELECT DISTINCT network_id FROM ports WHERE instance_id = NEW.instance_id) p;
    RETURN NULL;
  END $$;

  -- The commit binds the ports to the target in the same transaction, and tells of them.
  CREATE TRIGGER desired_state_arrival AFTER UPDATE ON migrations FOR EACH ROW
    WHEN (NEW.status <> 'post-migrating' AND arriving_host(OLD.migration_type, OLD.status, OLD.dest_host_id)
      IS DISTINCT FROM arriving_host(NEW.migration_type, NEW.status, NEW.dest_host_id))
    EXECUTE FUNCTION desired_state_of_arrival();
`;
