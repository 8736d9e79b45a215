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
/** Least number of gaps looked for: transactions at the same time look for them too, and take some. */
const LEAST_GAPS = 32;

/**
 * Gives each port the first of the candidates that is free. Where another transaction takes the same address, this one
 * waits at the primary key of ip_allocations and goes without that address: the caller tries others.
 */
const TAKE = `
  INSERT INTO ip_allocations (subnet_id, ip_address, port_id)
  SELECT $1, free.ip, p.id FROM (
    SELECT c.ip::inet AS ip, row_number() OVER (ORDER BY c.n) AS n FROM unnest($3::text[]) WITH ORDINALITY AS c (ip, n)
     WHERE NOT EXISTS (SELECT 1 FROM ip_allocations a WHERE a.subnet_id = $1 AND a.ip_address = c.ip::inet)
  ) free JOIN unnest($2::uuid[]) WITH ORDINALITY AS p (id, n) ON p.n = free.n
  ON CONFLICT DO NOTHING RETURNING port_id, host(ip_address) AS address`;

interface Taken {
  port_id: string;
  address: string;
}

/** The first gaps of a pool that is nearly full: the pool's start, or the address after one that is taken. */
const FIRST_GAP = `
  SELECT host(g.ip) AS address FROM (
    SELECT $2::inet AS ip UNION ALL
    SELECT a.ip_address + 1 FROM ip_allocations a
     WHERE a.subnet_id = $1 AND a.ip_address >= $2::inet AND a.ip_address < $3::inet) g
   WHERE NOT EXISTS (SELECT 1 FROM ip_allocations b WHERE b.subnet_id = $1 AND b.ip_address = g.ip)
   LIMIT $4`;

/** OpenStack's base MAC and 24 random bits. */
export function newMac(): string {
  return ['fa', '16', '3e', ...randomBytes(3).toString('hex').match(/../g)!].join(':');
}

/**
 * Addresses for one port: those asked for, or one from the first subnet of each IP version. Throws NoFreeAddressError,
 * AddressInUseError, InvalidInputError.
 */
export async function allocateAddresses(
  tx: EntityManager,
  networkId: string,
  portId: string,
  subnets: SubnetPools[],
  wanted?: WantedAddress[],
): Promise<FixedIp[]> {
  if (!wanted) return (await allocateDefaults(tx, networkId, [portId], subnets)).get(portId)!;
  const taken: FixedIp[] = [];
  for (const one of wanted) {
    const subnet = subnetOf(subnets, one);
    const address = one.address
      ? await takeNamed(tx, networkId, portId, subnet, one.address)
      : (await takeFree(tx, networkId, [portId], subnet)).get(portId)!;
    taken.push({ subnet_id: subnet.id, ip_address: address });
  }
  return taken;
}

/**
 * Gives each port one address from the network's first subnet of each IP version, with one statement per subnet. Throws
 * NoFreeAddressError.
 */
export async function allocateDefaults(
  tx: EntityManager,
  networkId: string,
  portIds: readonly string[],
  subnets: SubnetPools[],
): Promise<Map<string, FixedIp[]>> {
  const given = new Map(portIds.map((id): [string, FixedIp[]] => [id, []]));
  for (const version of [4, 6]) {
    const subnet = subnets.find((one) => one.version === version);
    if (!subnet) continue;
    for (const [portId, address] of await takeFree(tx, networkId, portIds, subnet))
      given.get(portId)!.push({ subnet_id: subnet.id, ip_address: address });
  }
  return given;
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
  // The caller has locked the network's row, so no transaction can make this address the gateway after this read.
  const [now] = await tx.query<{ gateway: string | null }[]>(
    'SELECT gateway_ip AS gateway FROM subnets WHERE id = $1',
    [subnet.id],
  );
  const address = portAddress('fixed_ips', parseCidr('cidr', subnet.cidr), now?.gateway ?? null, text);
  const [row] = await tx.query<Taken[]>(TAKE, [subnet.id, [portId], [address]]);
  if (!row) throw new AddressInUseError(networkId, address);
  return row.address;
}

/**
 * Gives a router's port the subnet's gateway address, which no other port may have. The caller has locked the network's
 * row. Throws AddressInUseError.
 */
export async function takeGateway(
  tx: EntityManager,
  subnet: { id: string; networkId: string; gatewayIp: string | null },
  portId: string,
): Promise<FixedIp> {
  const [row] = await tx.query<Taken[]>(TAKE, [subnet.id, [portId], [subnet.gatewayIp]]);
  if (!row) throw new AddressInUseError(subnet.networkId, subnet.gatewayIp!);
  return { subnet_id: subnet.id, ip_address: row.address };
}

/** Gives the port the lowest free address of the subnet's pools. Throws NoFreeAddressError. */
export async function takeLowest(
  tx: EntityManager,
  networkId: string,
  portId: string,
  subnet: Pick<SubnetPools, 'id' | 'pools'>,
): Promise<FixedIp> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const [row] = await tx.query<Taken[]>(TAKE, [subnet.id, [portId], await gaps(tx, subnet, 1)]);
    if (row) return { subnet_id: subnet.id, ip_address: row.address };
  }
  throw new NoFreeAddressError(networkId);
}

/** One address for each port, by port id. */
async function takeFree(
  tx: EntityManager,
  networkId: string,
  portIds: readonly string[],
  subnet: SubnetPools,
): Promise<Map<string, string>> {
  const taken = new Map<string, string>();
  for (let attempt = 1; attempt <= ATTEMPTS;) {
    const left = portIds.filter((id) => !taken.has(id));
    if (!left.length) return taken;
    const random = attempt < ATTEMPTS - 1;
    const choice = random ? candidates(subnet.pools, Math.random, left.length) : await gaps(tx, subnet, left.length);
    const rows = await tx.query<Taken[]>(TAKE, [subnet.id, left, choice]);
    for (const { port_id, address } of rows) taken.set(port_id, address);
    // The last attempts look for gaps, and go on while they find some.
    if (random || !rows.length) attempt++;
  }
  if (taken.size === portIds.length) return taken;
  throw new NoFreeAddressError(networkId);
}

async function gaps(tx: EntityManager, subnet: Pick<SubnetPools, 'id' | 'pools'>, wanted: number): Promise<string[]> {
  const found: string[] = [];
  for (const { start, end } of subnet.pools) {
    const values = [subnet.id, start, end, Math.max(LEAST_GAPS, wanted)];
    const rows = await tx.query<{ address: string }[]>(FIRST_GAP, values);
    found.push(...rows.map((row) => row.address));
  }
  return found;
}

/** Frees the addresses of a port that is deleted. Idempotent. Index ip_allocations_of_port. */
export async function freeAddresses(tx: EntityManager, portId: string): Promise<void> {
  await tx.query('DELETE FROM ip_allocations WHERE port_id = $1', [portId]);
}
