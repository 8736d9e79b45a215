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

/** A bound port: a resource of its own host, and a peer for every host of its network. */
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
  /** Underlay address of that host; empty where it never said. */
  vtep: string;
}

/** A host that has a bound port of a network: the network is in its document. */
export interface Membership {
  hostId: string;
  networkId: string;
}

/** All that hangs on networks. */
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

/** Networks, subnets and bound ports as hosts are told of them: each method is one query, or one per kind. */
@Injectable()
export class HostFacts {
  constructor(private readonly database: DataSource) {}

  networks(ids: string[], tx: EntityManager = this.database.manager): Promise<NetworkFact[]> {
    return ids.length ? tx.query(NETWORKS, [ids]) : Promise.resolve([]);
  }

  subnets(ids: string[], tx: EntityManager = this.database.manager): Promise<SubnetFact[]> {
    return ids.length ? tx.query(`${SUBNETS} id = ANY($1::uuid[])`, [ids]) : Promise.resolve([]);
  }

  /** Those of `ids` that are bound, and every one of `hostIds`. Index ports_on_host. */
  async ports(ids: string[], hostIds: string[] = [], tx: EntityManager = this.database.manager): Promise<PortFact[]> {
    const byId = ids.length ? await tx.query<PortFact[]>(`${PORTS} p.id = ANY($1::uuid[])`, [ids]) : [];
    const byHost = hostIds.length ? await tx.query<PortFact[]>(`${PORTS} p.host_id = ANY($1::uuid[])`, [hostIds]) : [];
    return [...new Map([...byId, ...byHost].map((port) => [port.id, port])).values()];
  }

  /** Indexes subnets_of_network, ports_mac (network_id first). */
  async all(networkIds: string[], tx: EntityManager = this.database.manager): Promise<NetworkFacts> {
    if (!networkIds.length) return { networks: [], subnets: [], ports: [] };
    const networks = await this.networks(networkIds, tx);
    const subnets = await tx.query<SubnetFact[]>(`${SUBNETS} network_id = ANY($1::uuid[])`, [networkIds]);
    const ports = await tx.query<PortFact[]>(`${PORTS} p.network_id = ANY($1::uuid[])`, [networkIds]);
    return { networks, subnets, ports };
  }

  /** Which of these networks are in these hosts' documents. Index ports_on_host. */
  memberships(hostIds: string[], networkIds: string[]): Promise<Membership[]> {
    if (!hostIds.length || !networkIds.length) return Promise.resolve([]);
    return this.database.query(
      `SELECT DISTINCT host_id AS "hostId", network_id AS "networkId" FROM ports
        WHERE host_id = ANY($1::uuid[]) AND network_id = ANY($2::uuid[])`,
      [hostIds, networkIds],
    );
  }

  /** Index ports_on_host. */
  async networksOf(hostId: string, tx: EntityManager = this.database.manager): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>('SELECT DISTINCT network_id AS id FROM ports WHERE host_id = $1', [
      hostId,
    ]);
    return rows.map(({ id }) => id);
  }

  /** The same of many hosts, by host. */
  async networksOfAll(hostIds: string[], tx: EntityManager = this.database.manager): Promise<Map<string, string[]>> {
    const rows = await tx.query<{ hostId: string; ids: string[] }[]>(
      `SELECT host_id AS "hostId", array_agg(DISTINCT network_id::text) AS ids FROM ports
        WHERE host_id = ANY($1::uuid[]) GROUP BY host_id`,
      [hostIds],
    );
    return new Map(rows.map(({ hostId, ids }) => [hostId, ids]));
  }

  /** The host's id; undefined for one that was removed. */
  async hostOfName(name: string): Promise<string | undefined> {
    const [row] = await this.database.query<{ id: string }[]>('SELECT id FROM hosts WHERE name = $1', [name]);
    return row?.id;
  }
}
