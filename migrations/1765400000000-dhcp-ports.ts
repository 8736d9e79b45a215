import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * DHCP ports: hosts answer DHCP from an address of its own. Networks that are there get theirs here, with the lowest free
 * address of each subnet with DHCP; a subnet that is full goes without, and is served from its gateway's address as before.
 */
export class DhcpPorts1765400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMN);
    await runner.query(MADE);
    await runner.query(TRIGGERS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION desired_state_of_dhcp_port CASCADE;
      DELETE FROM ip_allocations WHERE port_id IN (SELECT id FROM ports WHERE serves_dhcp);
      DELETE FROM ports WHERE serves_dhcp;
      ALTER TABLE ports DROP COLUMN serves_dhcp;
    `);
  }
}

const COLUMN = `
  ALTER TABLE ports ADD COLUMN serves_dhcp boolean not null default false;
  CREATE UNIQUE INDEX dhcp_port_of_network ON ports (network_id) WHERE serves_dhcp;
`;

// The MAC is that of libs/agent-protocol/services-mac.ts, which every host's end of the services has.
const MADE = `
  WITH free AS (
    SELECT s.network_id, s.id AS subnet_id, s.created_at, found.ip FROM subnets s CROSS JOIN LATERAL (
      SELECT start.ip FROM jsonb_array_elements(s.allocation_pools) WITH ORDINALITY AS pool (range, n) CROSS JOIN LATERAL (
        SELECT (pool.range->>'start')::inet AS ip UNION ALL
        SELECT a.ip_address + 1 FROM ip_allocations a WHERE a.subnet_id = s.id
           AND a.ip_address >= (pool.range->>'start')::inet AND a.ip_address < (pool.range->>'end')::inet) start
       WHERE NOT EXISTS (SELECT FROM ip_allocations b WHERE b.subnet_id = s.id AND b.ip_address = start.ip)
       ORDER BY pool.n, start.ip LIMIT 1) found
     WHERE s.enable_dhcp
  ), made AS (
    INSERT INTO ports (id, project_id, network_id, mac_address, fixed_ips, device_id, device_owner, status,
                       port_security_enabled, serves_dhcp)
    SELECT gen_random_uuid(), n.project_id, n.id, '02:6c:78:a9:fe:fe',
           jsonb_agg(jsonb_build_object('subnet_id', f.subnet_id, 'ip_address', host(f.ip)) ORDER BY f.created_at, f.subnet_id),
           'dhcp-' || n.id, 'network:dhcp', 'ACTIVE', false, true
      FROM networks n JOIN free f ON f.network_id = n.id
     WHERE NOT EXISTS (SELECT FROM ports p WHERE p.network_id = n.id AND p.mac_address = '02:6c:78:a9:fe:fe')
     GROUP BY n.id, n.project_id
    RETURNING id, network_id)
  INSERT INTO ip_allocations (subnet_id, ip_address, port_id)
  SELECT f.subnet_id, f.ip, m.id FROM free f JOIN made m ON m.network_id = f.network_id
`;

const TRIGGERS = `
  CREATE FUNCTION desired_state_of_dhcp_port() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    network uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.network_id ELSE NEW.network_id END;
  BEGIN
    PERFORM note_desired_state('subnet', s.network_id, s.id, NULL, NULL) FROM subnets s WHERE s.network_id = network;
    RETURN NULL;
  END $$;

  CREATE TRIGGER desired_state_dhcp_insert AFTER INSERT ON ports FOR EACH ROW WHEN (NEW.serves_dhcp)
    EXECUTE FUNCTION desired_state_of_dhcp_port();
  CREATE TRIGGER desired_state_dhcp_update AFTER UPDATE ON ports FOR EACH ROW
    WHEN (NEW.serves_dhcp AND OLD.fixed_ips <> NEW.fixed_ips)
    EXECUTE FUNCTION desired_state_of_dhcp_port();
  CREATE TRIGGER desired_state_dhcp_delete AFTER DELETE ON ports FOR EACH ROW WHEN (OLD.serves_dhcp)
    EXECUTE FUNCTION desired_state_of_dhcp_port();
`;
