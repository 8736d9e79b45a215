import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { SERVICES_MAC } from '#libs/agent-protocol/services-mac';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import type { Network } from '../networks/network.entity.js';
import { NoFreeAddressError } from '../networking.errors.js';
import { Subnet } from '../subnets/subnet.entity.js';
import { freeAddresses, takeLowest } from './address-allocation.js';
import { DHCP_OWNER } from './port-device.js';
import { Port, IpAllocation } from './port.entity.js';
import type { FixedIp } from './port.entity.js';

/**
 * As SQL: the DHCP port's address on the subnet of this alias; null where it has none. Index dhcp_port_of_network.
 */
export const dhcpAddressOf = (subnets: string): string => `
  (SELECT ip->>'ip_address' FROM ports dp, jsonb_array_elements(dp.fixed_ips) ip
    WHERE dp.network_id = ${subnets}.network_id AND dp.serves_dhcp AND ip->>'subnet_id' = ${subnets}.id::text)`;

/**
 * Neutron: a network's DHCP port has an address on each subnet with enable_dhcp; without such a subnet there is none. Makes
 * it so. Every host answers from these addresses, so the port is bound to none. A subnet without a free address goes
 * without one (Neutron's agent does not serve it then; here hosts do, from the gateway's address). The caller has locked
 * the network's row.
 */
export async function settleDhcpPort(tx: EntityManager, network: Pick<Network, 'id' | 'projectId'>): Promise<void> {
  const subnets = await tx.find(Subnet, {
    where: { networkId: network.id, enableDhcp: true },
    order: { createdAt: 'ASC', id: 'ASC' },
  });
  const present = await tx.findOneBy(Port, { networkId: network.id, servesDhcp: true });
  if (!subnets.length) return removeDhcpPort(tx, network.id);
  const port = present ?? newPort(tx, network);
  const fixedIps = await settleAddresses(tx, port, subnets);
  if (JSON.stringify(fixedIps) === JSON.stringify(port.fixedIps)) return;
  if (!fixedIps.length) return removeDhcpPort(tx, network.id);
  await tx.save(Object.assign(port, { fixedIps }));
}

/** Deletes the network's DHCP port with its addresses; without one that is a success. */
export async function removeDhcpPort(tx: EntityManager, networkId: string): Promise<void> {
  const port = await tx.findOneBy(Port, { networkId, servesDhcp: true });
  if (!port) return;
  await freeAddresses(tx, port.id);
  await tx.delete(Port, { id: port.id });
}

/** For a change of what may be a DHCP port: locks its network's row, which is locked before a port's. */
export async function lockNetworkOfDhcpPort(tx: EntityManager, portId: string): Promise<void> {
  if (!UUID.test(portId)) return;
  const network = 'SELECT network_id FROM ports WHERE id = $1 AND serves_dhcp';
  await tx.query(`SELECT 1 FROM networks WHERE id = (${network}) FOR UPDATE`, [portId]);
}

async function settleAddresses(tx: EntityManager, port: Port, subnets: readonly Subnet[]): Promise<FixedIp[]> {
  const wanted = new Set(subnets.map(({ id }) => id));
  const stale = port.fixedIps.filter((ip) => !wanted.has(ip.subnet_id)).map((ip) => ip.subnet_id);
  if (stale.length) await tx.delete(IpAllocation, { portId: port.id, subnetId: In(stale) });
  const fixedIps = port.fixedIps.filter((ip) => wanted.has(ip.subnet_id));
  for (const { id, networkId, allocationPools: pools } of subnets) {
    if (fixedIps.some((ip) => ip.subnet_id === id)) continue;
    const taken = await takeLowest(tx, networkId, port.id, { id, pools }).catch(noneWhereFull);
    if (taken) fixedIps.push(taken);
  }
  return fixedIps;
}

function noneWhereFull(error: unknown): undefined {
  if (!(error instanceof NoFreeAddressError)) throw error;
}

const newPort = (tx: EntityManager, { id: networkId, projectId }: Pick<Network, 'id' | 'projectId'>): Port =>
  tx.create(Port, {
    ...{ id: newId(), networkId, projectId, macAddress: SERVICES_MAC, fixedIps: [], hostId: null, servesDhcp: true },
    ...{ deviceId: `dhcp-${networkId}`, deviceOwner: DHCP_OWNER, status: 'ACTIVE', portSecurityEnabled: false },
    securityGroupIds: [],
  });
