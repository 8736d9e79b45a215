import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type {
  ForwardingEntry,
  NetworkSpec,
  Nic,
  PortFilter,
  SecuritySpec,
  Subnet,
} from '#generated/lxstack/agent/v1/types';
import { GroupFacts } from '../desired-state/group-facts.js';
import { remotesNamedBy } from '../desired-state/group-round.js';
import { dhcpAddressOf } from '../ports/dhcp-port.js';
import type { FixedIp } from '../ports/port.entity.js';
import { portFilter } from '../ports/port-filter.js';

interface NicRow {
  id: string;
  networkId: string;
  mac: string;
  fixedIps: FixedIp[];
  portSecurity: boolean;
  adminStateDown: boolean;
  deviceIndex: number;
  mtu: number;
  filter: PortFilter | null;
  subnets: Subnet[];
}

const SUBNETS = `
  (SELECT coalesce(json_agg(json_build_object('id', s.id, 'cidr', s.cidr, 'gateway', coalesce(s.gateway_ip, ''),
     'dhcp', s.enable_dhcp, 'dnsServers', s.dns_nameservers, 'hostRoutes', s.host_routes,
     'dhcpAddress', coalesce(${dhcpAddressOf('s')}, '')) ORDER BY s.created_at, s.id), '[]')
   FROM subnets s WHERE s.network_id = n.id) AS subnets`;

const NICS = `
  SELECT p.id, p.network_id AS "networkId", p.mac_address AS mac, p.fixed_ips AS "fixedIps",
         p.port_security_enabled AS "portSecurity", NOT p.admin_state_up AS "adminStateDown", p.device_index AS "deviceIndex", n.mtu, ${portFilter('p')} AS filter, ${SUBNETS}
    FROM ports p JOIN networks n ON n.id = p.network_id`;

type EntryRow = { networkId: string; fixedIps: FixedIp[] } & Pick<ForwardingEntry, 'mac' | 'vtep'>;

const ENTRIES = `
  SELECT p.network_id AS "networkId", p.mac_address AS mac, p.fixed_ips AS "fixedIps", h.vtep
    FROM ports p JOIN hosts h ON h.id = p.host_id WHERE h.vtep <> ''`;

const NETWORKS = `
  SELECT n.id, n.vni, n.mtu, NOT n.admin_state_up AS "adminStateDown", ${SUBNETS} FROM networks n`;

/** Ports and networks in the form that calls to agents carry. Each method takes sets of ids and sends one query. */
@Injectable()
export class HostNetworks {
  private readonly groups: GroupFacts;

  constructor(private readonly database: DataSource) {
    this.groups = new GroupFacts(database);
  }

  /** The NICs of an instance in the guest's order. Index ports_of_instance. */
  async nicsFor(instanceId: string, tx: EntityManager = this.database.manager): Promise<Nic[]> {
    const rows = await tx.query<NicRow[]>(`${NICS} WHERE p.instance_id = $1 ORDER BY p.device_index`, [instanceId]);
    return rows.map(nicOf);
  }

  /** One port as a NIC; undefined where it is deleted. */
  async nicOfPort(portId: string, tx: EntityManager = this.database.manager): Promise<Nic | undefined> {
    const [row] = await tx.query<NicRow[]>(`${NICS} WHERE p.id = $1`, [portId]);
    return row && nicOf(row);
  }

  /** The security groups that the NICs' filters name, and the members of groups that these name. */
  async securityFor(
    nics: readonly Nic[],
    tx: EntityManager = this.database.manager,
  ): Promise<SecuritySpec | undefined> {
    const ids = [...new Set(nics.flatMap(({ filter }) => filter?.securityGroupIds ?? []))];
    if (!ids.length) return undefined;
    const groups = await this.groups.groups(ids, tx);
    return { groups, members: await this.groups.members([...new Set(groups.flatMap(remotesNamedBy))], tx) };
  }

  /** Networks with their subnets, by id. */
  async networkSpecsFor(networkIds: string[], tx: EntityManager = this.database.manager): Promise<NetworkSpec[]> {
    return tx.query<NetworkSpec[]>(`${NETWORKS} WHERE n.id = ANY($1::uuid[]) ORDER BY n.id`, [networkIds]);
  }

  /** Those that the instance has ports of. Index ports_of_instance. */
  async networkSpecsOf(instanceId: string, tx: EntityManager = this.database.manager): Promise<NetworkSpec[]> {
    const own = 'SELECT network_id FROM ports WHERE instance_id = $1';
    return tx.query<NetworkSpec[]>(`${NETWORKS} WHERE n.id IN (${own}) ORDER BY n.id`, [instanceId]);
  }

  /** Every bound port of these networks with its host's tunnel end point, by network. */
  async forwardingFor(
    networkIds: string[],
    tx: EntityManager = this.database.manager,
  ): Promise<Map<string, ForwardingEntry[]>> {
    // Index ports_mac (network_id first).
    const rows = await tx.query<EntryRow[]>(`${ENTRIES} AND p.network_id = ANY($1::uuid[])`, [networkIds]);
    return byNetwork(networkIds, rows);
  }

  /** The same of one instance's ports only. Index ports_of_instance. */
  async forwardingOf(instanceId: string, networkIds: string[]): Promise<Map<string, ForwardingEntry[]>> {
    return byNetwork(networkIds, await this.database.query(`${ENTRIES} AND p.instance_id = $1`, [instanceId]));
  }

  /** Ids of the hosts that have a bound port, for each network. */
  async hostsOf(networkIds: string[], tx: EntityManager = this.database.manager): Promise<Map<string, string[]>> {
    const rows = await tx.query<{ networkId: string; hosts: string[] }[]>(
      `SELECT network_id AS "networkId", array_agg(DISTINCT host_id::text) AS hosts FROM ports
        WHERE network_id = ANY($1::uuid[]) AND host_id IS NOT NULL GROUP BY network_id`,
      [networkIds],
    );
    const found = new Map(rows.map((row) => [row.networkId, row.hosts]));
    return new Map(networkIds.map((id) => [id, found.get(id) ?? []]));
  }
}

function byNetwork(networkIds: readonly string[], rows: readonly EntryRow[]): Map<string, ForwardingEntry[]> {
  const entries = new Map(networkIds.map((id): [string, ForwardingEntry[]] => [id, []]));
  for (const { networkId, mac, fixedIps, vtep } of rows)
    entries.get(networkId)?.push({ mac, addresses: fixedIps.map((ip) => ip.ip_address), vtep });
  return entries;
}

function nicOf(row: NicRow): Nic {
  const { id: portId, networkId, mac, mtu, portSecurity, adminStateDown, deviceIndex } = row;
  const fixedIps = row.fixedIps.map(({ subnet_id, ip_address }) => {
    const subnet = row.subnets.find((one) => one.id === subnet_id);
    const whole = ip_address.includes(':') ? 128 : 32;
    return {
      address: ip_address,
      prefixLength: Number(subnet?.cidr.split('/')[1] ?? whole),
      gateway: subnet?.gateway ?? '',
    };
  });
  const filter = row.filter ?? undefined;
  return { portId, networkId, name: `eth${deviceIndex}`, mac, fixedIps, mtu, portSecurity, adminStateDown, filter };
}
