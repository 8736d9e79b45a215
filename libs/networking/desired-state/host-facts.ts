import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { GuestChanging, PortFilter } from '#generated/lxstack/agent/v1/types';
import { dhcpAddressOf } from '../ports/dhcp-port.js';
import type { FixedIp } from '../ports/port.entity.js';
import { portFilter } from '../ports/port-filter.js';

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
  dhcpAddress: string | null;
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
  /** What its instance is told of itself; null for a port of no instance. */
  guest: GuestChanging | null;
  hostId: string;
  /** What may pass; null: everything. */
  filter: PortFilter | null;
  /** Tunnel end point of the port's host; empty where the host never published one. */
  vtep: string;
}

/** A router with its interfaces. */
export interface RouterFact {
  id: string;
  adminStateUp: boolean;
  routes: { destination: string; nexthop: string }[];
  interfaces: RouterInterfaceFact[];
}

export interface RouterInterfaceFact {
  portId: string;
  networkId: string;
  mac: string;
  fixedIps: FixedIp[];
}

/**
 * A host whose document includes the network: it has a port on it, or on a network that a router joins to it (view
 * host_networks). Here and below, a live move's target has the instance's ports before the commit (view port_hosts).
 */
export interface Membership {
  hostId: string;
  networkId: string;
}

/** A host whose document includes the router: it has a port on one of the router's networks. */
export interface RouterMembership {
  hostId: string;
  routerId: string;
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
         dns_nameservers AS "dnsServers", host_routes AS "hostRoutes", ${dhcpAddressOf('subnets')} AS "dhcpAddress"
    FROM subnets WHERE`;

const PORTS = `
  SELECT p.id, p.network_id AS "networkId", p.mac_address AS mac, p.fixed_ips AS "fixedIps",
         p.port_security_enabled AS "portSecurity", p.admin_state_up AS "adminStateUp", p.device_index AS "deviceIndex",
         coalesce(i.hostname, '') AS hostname, p.host_id AS "hostId", h.vtep, ${portFilter('p')} AS filter,
         CASE WHEN i.id IS NOT NULL THEN json_build_object('name', i.name, 'hostname', i.hostname,
           'availabilityZone', h.availability_zone, 'metadata', i.metadata, 'securityGroups',
           ARRAY(SELECT g.name FROM security_groups g WHERE g.id = ANY(p.security_group_ids) ORDER BY g.name)) END AS guest
    FROM ports p JOIN hosts h ON h.id = p.host_id
    LEFT JOIN instances i ON i.id = p.instance_id WHERE`;

/** Interfaces whose port is down are left out, as if they were unplugged. */
const ROUTERS = `
  SELECT r.id, r.admin_state_up AS "adminStateUp", r.routes,
    (SELECT coalesce(json_agg(json_build_object('portId', p.id, 'networkId', p.network_id, 'mac', p.mac_address,
       'fixedIps', p.fixed_ips) ORDER BY p.id), '[]')
     FROM ports p WHERE p.router_id = r.id AND p.admin_state_up) AS interfaces
    FROM routers r WHERE r.id = ANY($1::uuid[])`;

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

  /** The routers of these ids with their interfaces; ids without a row are left out. Index ports_of_router. */
  routers(ids: string[], tx: EntityManager = this.database.manager): Promise<RouterFact[]> {
    return ids.length ? tx.query(ROUTERS, [ids]) : Promise.resolve([]);
  }

  /** The routers that join these networks to others, and each network that they have. Index router_ports_of_network. */
  joined(networkIds: string[]): Promise<{ routerId: string; networkId: string }[]> {
    if (!networkIds.length) return Promise.resolve([]);
    return this.database.query(
      `SELECT DISTINCT router_id AS "routerId", network_id AS "networkId" FROM ports
        WHERE router_id IN (SELECT router_id FROM ports WHERE network_id = ANY($1::uuid[]) AND router_id IS NOT NULL)`,
      [networkIds],
    );
  }

  /** Hosts with a port on one of these networks, and the network. Index ports_mac (network_id first). */
  hostsOn(networkIds: string[]): Promise<Membership[]> {
    if (!networkIds.length) return Promise.resolve([]);
    return this.database.query(
      `SELECT DISTINCT host_id AS "hostId", network_id AS "networkId" FROM port_hosts
        WHERE network_id = ANY($1::uuid[])`,
      [networkIds],
    );
  }

  /** Which of these routers belong to the documents of which of these hosts. Indexes ports_of_router, ports_on_host. */
  routerMemberships(hostIds: string[], routerIds: string[]): Promise<RouterMembership[]> {
    if (!hostIds.length || !routerIds.length) return Promise.resolve([]);
    return this.database.query(
      `SELECT DISTINCT p.host_id AS "hostId", r.router_id AS "routerId"
         FROM ports r JOIN port_hosts p ON p.network_id = r.network_id
        WHERE r.router_id = ANY($2::uuid[]) AND p.host_id = ANY($1::uuid[])`,
      [hostIds, routerIds],
    );
  }

  /** Ids of the routers in each of these hosts' documents, by host id. */
  async routersOfAll(hostIds: string[], tx: EntityManager = this.database.manager): Promise<Map<string, string[]>> {
    const rows = await tx.query<{ hostId: string; ids: string[] }[]>(
      `SELECT p.host_id AS "hostId", array_agg(DISTINCT r.router_id) AS ids
         FROM port_hosts p JOIN ports r ON r.network_id = p.network_id AND r.router_id IS NOT NULL
        WHERE p.host_id = ANY($1::uuid[]) GROUP BY p.host_id`,
      [hostIds],
    );
    return new Map(rows.map(({ hostId, ids }) => [hostId, ids]));
  }

  /** Which of these networks belong to the documents of which of these hosts. */
  memberships(hostIds: string[], networkIds: string[]): Promise<Membership[]> {
    if (!hostIds.length || !networkIds.length) return Promise.resolve([]);
    return this.database.query(
      `SELECT host_id AS "hostId", network_id AS "networkId" FROM host_networks
        WHERE host_id = ANY($1::uuid[]) AND network_id = ANY($2::uuid[])`,
      [hostIds, networkIds],
    );
  }

  /** Ids of the networks in the host's document. */
  async networksOf(hostId: string, tx: EntityManager = this.database.manager): Promise<string[]> {
    return (await this.networksOfAll([hostId], tx)).get(hostId) ?? [];
  }

  /** As `networksOf` for many hosts, by host id. */
  async networksOfAll(hostIds: string[], tx: EntityManager = this.database.manager): Promise<Map<string, string[]>> {
    const rows = await tx.query<{ hostId: string; ids: string[] }[]>(
      `SELECT host_id AS "hostId", array_agg(network_id) AS ids FROM host_networks
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
