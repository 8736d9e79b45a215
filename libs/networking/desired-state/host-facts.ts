import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { FixedIp } from '../ports/port.entity.js';

export interface NetworkFact {
  id: string;
  vni: number;
  mtu: number;
  adminStateUp: boolean;
}

export interface SubnetFact {
  id: string;
  networkId: string;
  cidr: string;
  gateway: string | null;
  dhcp: boolean;
  dnsServers: string[];
  hostRoutes: { destination: string; nexthop: string }[];
}

/** A bound port. It becomes a `port` of its own host and a `peer` for every host of its network. */
export interface PortFact {
  id: string;
  networkId: string;
  mac: string;
  fixedIps: FixedIp[];
  portSecurity: boolean;
  adminStateUp: boolean;
  deviceIndex: number;
  hostname: string;
  hostId: string;
  /** Tunnel end point of the port's host; empty where the host never published one. */
  vtep: string;
}

/** A host with a bound port of a network: its document includes the network. */
export interface Membership {
  hostId: string;
  networkId: string;
}

/** All rows that belong to these networks. */
export interface NetworkFacts {
  networks: NetworkFact[];
  subnets: SubnetFact[];
  ports: PortFact[];
}

const NETWORKS = 'SELECT id, vni, mtu, admin_state_up AS "adminStateUp" FROM networks WHERE id = ANY($1::uuid[])';

const SUBNETS = `
  SELECT id, network_id AS "networkId", cidr, gateway_ip AS gateway, enable_dhcp AS dhcp,
         dns_nameservers AS "dnsServers", host_routes AS "hostRoutes"
    FROM subnets WHERE`;

const PORTS = `
  SELECT p.id, p.network_id AS "networkId", p.mac_address AS mac, p.fixed_ips AS "fixedIps",
         p.port_security_enabled AS "portSecurity", p.admin_state_up AS "adminStateUp", p.device_index AS "deviceIndex",
         coalesce(i.hostname, '') AS hostname, p.host_id AS "hostId", h.vtep
    FROM ports p JOIN hosts h ON h.id = p.host_id
    LEFT JOIN instances i ON i.id = p.instance_id WHERE`;

/** Reads the rows from which documents are made. Each method takes sets of ids and sends one query per kind of row. */
@Injectable()
export class HostFacts {
  constructor(private readonly database: DataSource) {}

  /** The networks of these ids; ids without a row are left out. */
  networks(ids: string[], tx: EntityManager = this.database.manager): Promise<NetworkFact[]> {
    return ids.length ? tx.query(NETWORKS, [ids]) : Promise.resolve([]);
  }

  /** The subnets of these ids; ids without a row are left out. */
  subnets(ids: string[], tx: EntityManager = this.database.manager): Promise<SubnetFact[]> {
    return ids.length ? tx.query(`${SUBNETS} id = ANY($1::uuid[])`, [ids]) : Promise.resolve([]);
  }

  /** The bound ports among `ids`, and every port on the hosts `hostIds`. Index ports_on_host. */
  async ports(ids: string[], hostIds: string[] = [], tx: EntityManager = this.database.manager): Promise<PortFact[]> {
    const byId = ids.length ? await tx.query<PortFact[]>(`${PORTS} p.id = ANY($1::uuid[])`, [ids]) : [];
    const byHost = hostIds.length ? await tx.query<PortFact[]>(`${PORTS} p.host_id = ANY($1::uuid[])`, [hostIds]) : [];
    return [...new Map([...byId, ...byHost].map((port) => [port.id, port])).values()];
  }

  /** Everything that belongs to these networks. Indexes subnets_of_network, ports_mac (network_id first). */
  async all(networkIds: string[], tx: EntityManager = this.database.manager): Promise<NetworkFacts> {
    if (!networkIds.length) return { networks: [], subnets: [], ports: [] };
    const networks = await this.networks(networkIds, tx);
    const subnets = await tx.query<SubnetFact[]>(`${SUBNETS} network_id = ANY($1::uuid[])`, [networkIds]);
    const ports = await tx.query<PortFact[]>(`${PORTS} p.network_id = ANY($1::uuid[])`, [networkIds]);
    return { networks, subnets, ports };
  }

  /** Which of these networks belong to the documents of which of these hosts. Index ports_on_host. */
  memberships(hostIds: string[], networkIds: string[]): Promise<Membership[]> {
    if (!hostIds.length || !networkIds.length) return Promise.resolve([]);
    return this.database.query(
      `SELECT DISTINCT host_id AS "hostId", network_id AS "networkId" FROM ports
        WHERE host_id = ANY($1::uuid[]) AND network_id = ANY($2::uuid[])`,
      [hostIds, networkIds],
    );
  }

  /** Ids of the networks in the host's document. Index ports_on_host. */
  async networksOf(hostId: string, tx: EntityManager = this.database.manager): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>('SELECT DISTINCT network_id AS id FROM ports WHERE host_id = $1', [
      hostId,
    ]);
    return rows.map(({ id }) => id);
  }

  /** As `networksOf` for many hosts, by host id. */
  async networksOfAll(hostIds: string[], tx: EntityManager = this.database.manager): Promise<Map<string, string[]>> {
    const rows = await tx.query<{ hostId: string; ids: string[] }[]>(
      `SELECT host_id AS "hostId", array_agg(DISTINCT network_id::text) AS ids FROM ports
        WHERE host_id = ANY($1::uuid[]) GROUP BY host_id`,
      [hostIds],
    );
    return new Map(rows.map(({ hostId, ids }) => [hostId, ids]));
  }

  /** The id of the host with this name; undefined where it was removed. */
  async hostOfName(name: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ id: string }[]>('SELECT id FROM hosts WHERE name = $1', [name]);
    return row?.id;
  }
}
