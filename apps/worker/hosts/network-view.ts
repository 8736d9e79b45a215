import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { ForwardingEntry, NetworkSpec, Nic, Subnet } from '#generated/lxstack/agent/v1/types';
import type { FixedIp } from '#libs/networking/ports/port.entity';

interface PortRow {
  id: string;
  network_id: string;
  mac_address: string;
  fixed_ips: FixedIp[];
  port_security_enabled: boolean;
  vni: number;
  mtu: number;
  subnets: Subnet[];
}

/** A host of a network, other than the one asked about. */
export interface NetworkHost {
  networkId: string;
  hostId: string;
}

/** An instance's NICs and networks as agents want to be told of them. */
@Injectable()
export class NetworkView {
  constructor(private readonly database: DataSource) {}

  async nicsOf(instanceId: string): Promise<{ nics: Nic[]; networks: NetworkSpec[] }> {
    const rows = await this.database.query<PortRow[]>(PORTS, [instanceId]);
    const networks = new Map(rows.map((row) => [row.network_id, networkOf(row)]));
    return { nics: rows.map(nicOf), networks: [...networks.values()] };
  }

  /** Where the other hosts' ports of these networks are: what `hostId` has to know. */
  async entriesFor(networkIds: string[], hostId: string): Promise<Map<string, ForwardingEntry[]>> {
    const rows = await this.database.query<{ network_id: string; mac: string; fixed_ips: FixedIp[]; vtep: string }[]>(
      `SELECT p.network_id, p.mac_address AS mac, p.fixed_ips, h.vtep FROM ports p JOIN hosts h ON h.id = p.host_id
       WHERE p.network_id = ANY($1) AND p.host_id <> $2`,
      [networkIds, hostId],
    );
    const entries = new Map<string, ForwardingEntry[]>(networkIds.map((id) => [id, []]));
    for (const { network_id, mac, fixed_ips, vtep } of rows)
      entries.get(network_id)!.push({ mac, addresses: fixed_ips.map((ip) => ip.ip_address), vtep });
    return entries;
  }

  /** The hosts that are up and have a port of these networks, besides `hostId`. */
  async peersOf(networkIds: string[], hostId: string): Promise<NetworkHost[]> {
    return this.database.query<NetworkHost[]>(
      `SELECT DISTINCT p.network_id AS "networkId", p.host_id AS "hostId" FROM ports p JOIN hosts h ON h.id = p.host_id
       WHERE p.network_id = ANY($1) AND p.host_id <> $2 AND NOT h.forced_down AND h.lease_expires_at > now()`,
      [networkIds, hostId],
    );
  }
}

const PORTS = `
  SELECT p.id, p.network_id, p.mac_address, p.fixed_ips, p.port_security_enabled, n.vni, n.mtu,
    (SELECT coalesce(json_agg(json_build_object('id', s.id, 'cidr', s.cidr, 'gateway', coalesce(s.gateway_ip, ''),
       'dhcp', s.enable_dhcp, 'dnsServers', s.dns_nameservers)), '[]')
     FROM subnets s WHERE s.network_id = n.id) AS subnets
  FROM ports p JOIN networks n ON n.id = p.network_id
  WHERE p.device_id = $1 ORDER BY p.device_index`;

function networkOf({ network_id, vni, mtu, subnets }: PortRow): NetworkSpec {
  return { id: network_id, vni, mtu, subnets };
}

function nicOf(row: PortRow, index: number): Nic {
  const fixedIps = row.fixed_ips.map(({ subnet_id, ip_address }) => {
    const subnet = row.subnets.find((one) => one.id === subnet_id);
    return {
      address: ip_address,
      prefixLength: Number(subnet?.cidr.split('/')[1] ?? 32),
      gateway: subnet?.gateway ?? '',
    };
  });
  return {
    portId: row.id,
    networkId: row.network_id,
    name: `eth${index}`,
    mac: row.mac_address,
    fixedIps,
    mtu: row.mtu,
    portSecurity: row.port_security_enabled,
  };
}

/** Binds every port of the instance to `hostId` (Neutron: binding:host_id); DOWN until it runs. */
export async function bindPorts(tx: EntityManager, instanceId: string, hostId: string | null, status = 'DOWN') {
  await tx.query('UPDATE ports SET host_id = $2, status = $3, updated_at = now() WHERE device_id = $1', [
    instanceId,
    hostId,
    status,
  ]);
}

/** Ports made for the instance go with it, their addresses too; a user's own are only unplugged. */
export async function releasePorts(tx: EntityManager, instanceId: string) {
  await tx.query(
    `DELETE FROM ip_allocations WHERE port_id IN (SELECT id FROM ports WHERE device_id = $1 AND owned_by_instance)`,
    [instanceId],
  );
  await tx.query('DELETE FROM ports WHERE device_id = $1 AND owned_by_instance', [instanceId]);
  await tx.query(
    `UPDATE ports SET device_id = '', device_owner = '', host_id = NULL, status = 'DOWN', updated_at = now()
     WHERE device_id = $1`,
    [instanceId],
  );
}
