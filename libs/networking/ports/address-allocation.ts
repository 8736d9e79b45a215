import { randomBytes } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { InvalidInputError } from '#libs/common/errors';
import { AddressInUseError, NoFreeAddressError } from '../networking.errors.js';
import { candidates } from '../subnets/address-pools.js';
import { contains, parseAddress, parseCidr } from '../subnets/cidr.js';
import { portAddress } from '../subnets/subnet-plan.js';
import type { AllocationPool } from '../subnets/subnet.entity.js';
import type { FixedIp } from './port.entity.js';

export interface SubnetPools {
  id: string;
  version: 4 | 6;
  cidr: string;
  pools: AllocationPool[];
}

/** A fixed IP asked for: an address, a subnet, or both. */
export interface WantedAddress {
  subnetId?: string;
  address?: string;
}

const ATTEMPTS = 5;

/**
 * Takes the first free one of the candidates. A transaction that takes the same one meets the primary key of
 * ip_allocations, waits, and is given none: it tries others.
 */
const TAKE = `
  INSERT INTO ip_allocations (subnet_id, ip_address, port_id)
  SELECT $1, c.ip::inet, $2 FROM unnest($3::text[]) WITH ORDINALITY AS c (ip, n)
   WHERE NOT EXISTS (SELECT 1 FROM ip_allocations a WHERE a.subnet_id = $1 AND a.ip_address = c.ip::inet)
   ORDER BY c.n LIMIT 1
  ON CONFLICT DO NOTHING RETURNING host(ip_address) AS address`;

/** The first gap of a pool that is nearly full: start of the pool, or the address behind one that is taken. */
const FIRST_GAP = `
  SELECT host(g.ip) AS address FROM (
    SELECT $2::inet AS ip UNION ALL
    SELECT a.ip_address + 1 FROM ip_allocations a
     WHERE a.subnet_id = $1 AND a.ip_address >= $2::inet AND a.ip_address < $3::inet) g
   WHERE NOT EXISTS (SELECT 1 FROM ip_allocations b WHERE b.subnet_id = $1 AND b.ip_address = g.ip)
   LIMIT 32`;

/** OpenStack's base MAC and 24 random bits. */
export function newMac(): string {
  return ['fa', '16', '3e', ...randomBytes(3).toString('hex').match(/../g)!].join(':');
}

/**
 * Addresses for one port: those asked for, or one of the network's first subnet of each IP version.
 * Throws NoFreeAddressError, AddressInUseError, InvalidInputError.
 */
export async function allocateAddresses(
  tx: EntityManager,
  networkId: string,
  portId: string,
  subnets: SubnetPools[],
  wanted?: WantedAddress[],
): Promise<FixedIp[]> {
  const defaults = [4, 6].flatMap((version) => subnets.find((subnet) => subnet.version === version) ?? []);
  const asked = wanted ?? defaults.map((subnet): WantedAddress => ({ subnetId: subnet.id }));
  const taken: FixedIp[] = [];
  for (const one of asked) {
    const subnet = subnetOf(subnets, one);
    const address = one.address
      ? await takeNamed(tx, networkId, portId, subnet, one.address)
      : await takeFree(tx, networkId, portId, subnet);
    taken.push({ subnet_id: subnet.id, ip_address: address });
  }
  return taken;
}

function subnetOf(subnets: SubnetPools[], { subnetId, address }: WantedAddress): SubnetPools {
  const wanted = address === undefined ? undefined : parseAddress('ip_address', address);
  const subnet = subnets.find(
    ({ id, cidr }) =>
      (subnetId === undefined || id === subnetId) &&
      (wanted === undefined || contains(parseCidr('cidr', cidr), wanted.version, wanted.value)),
  );
  if (subnet) return subnet;
  if (address !== undefined)
    throw new InvalidInputError('fixed_ips', `an address of the network's subnets, not ${address}`);
  throw new InvalidInputError('fixed_ips', `a subnet of the network, not ${subnetId}`);
}

async function takeNamed(
  tx: EntityManager,
  networkId: string,
  portId: string,
  subnet: SubnetPools,
  text: string,
): Promise<string> {
  // Read now: the network's row is locked by now, so the gateway cannot become this address any more.
  const [now] = await tx.query<{ gateway: string | null }[]>(
    'SELECT gateway_ip AS gateway FROM subnets WHERE id = $1',
    [subnet.id],
  );
  const address = portAddress('fixed_ips', parseCidr('cidr', subnet.cidr), now?.gateway ?? null, text);
  const [row] = await tx.query<{ address: string }[]>(TAKE, [subnet.id, portId, [address]]);
  if (!row) throw new AddressInUseError(networkId, address);
  return row.address;
}

async function takeFree(tx: EntityManager, networkId: string, portId: string, subnet: SubnetPools): Promise<string> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const choice = attempt < ATTEMPTS - 1 ? candidates(subnet.pools) : await gaps(tx, subnet);
    const [row] = await tx.query<{ address: string }[]>(TAKE, [subnet.id, portId, choice]);
    if (row) return row.address;
  }
  throw new NoFreeAddressError(networkId);
}

async function gaps(tx: EntityManager, subnet: SubnetPools): Promise<string[]> {
  const found: string[] = [];
  for (const { start, end } of subnet.pools) {
    const rows = await tx.query<{ address: string }[]>(FIRST_GAP, [subnet.id, start, end]);
    found.push(...rows.map((row) => row.address));
  }
  return found;
}

/** The addresses of a port that is gone. Idempotent. Index ip_allocations_of_port. */
export async function freeAddresses(tx: EntityManager, portId: string): Promise<void> {
  await tx.query('DELETE FROM ip_allocations WHERE port_id = $1', [portId]);
}
