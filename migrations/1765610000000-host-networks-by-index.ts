import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The view host_networks in four plain parts. As a join with the union that port_hosts is, it read the whole of `ports` for each
 * question about a network that a router joins to others.
 */
export class HostNetworksByIndex1765610000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE VIEW arriving_ports AS
        SELECT p.id AS port_id, p.network_id, m.dest_host_id AS host_id
          FROM migrations m JOIN ports p ON p.instance_id = m.instance_id
         WHERE m.migration_type = 'live-migration' AND m.status IN ('preparing', 'running') AND m.dest_host_id IS NOT NULL
        OFFSET 0; -- they are few: read first, not woven into the joins of those who ask

      CREATE OR REPLACE VIEW host_networks AS
        SELECT host_id, network_id FROM ports WHERE host_id IS NOT NULL
        UNION
        SELECT host_id, network_id FROM arriving_ports
        UNION
        ${joinedTo('ports')}
        UNION
        ${joinedTo('arriving_ports')};
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE OR REPLACE VIEW host_networks AS
        SELECT host_id, network_id FROM port_hosts WHERE host_id IS NOT NULL
        UNION
        ${joinedTo('port_hosts')};
      DROP VIEW arriving_ports;
    `);
  }
}

/** The networks that routers join to those of the ports. */
const joinedTo = (ports: string): string => `
  SELECT p.host_id, far.network_id FROM ${ports} p
    JOIN ports near ON near.network_id = p.network_id AND near.router_id IS NOT NULL
    JOIN ports far ON far.router_id = near.router_id AND far.network_id <> near.network_id
   WHERE p.host_id IS NOT NULL`;
