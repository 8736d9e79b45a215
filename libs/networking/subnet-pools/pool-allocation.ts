import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { allows } from '#libs/policy/policy';
import { parseCidr, renderCidr } from '../subnets/cidr.js';
import type { Cidr } from '../subnets/cidr.js';
import { freePrefix, isFree } from './prefix-space.js';
import { SubnetAllocationError, SubnetPoolQuotaError } from './subnet-pool.errors.js';
import { SubnetPool } from './subnet-pool.entity.js';

/** How a request for a subnet names its addresses: by a CIDR, from a pool, or both. */
export interface WantedPrefix {
  cidr?: string;
  ipVersion?: number;
  /** Null: from no pool. */
  subnetPoolId?: string | null;
  /** Neutron API: use_default_subnetpool. */
  useDefaultPool?: boolean;
  /** Neutron API: prefixlen; absent: the pool's default. */
  prefixLength?: number;
}

/** The addresses of a new subnet, and the pool that they are from. */
export interface TakenPrefix {
  cidr: Cidr;
  poolId: string | null;
}

/** The pool, locked where `lock`. Throws NotFoundError, also for one that the caller may not see. */
export async function findPool(tx: EntityManager, caller: Caller, id: string, lock = false): Promise<SubnetPool> {
  const options = lock ? { lock: { mode: 'pessimistic_write' as const } } : {};
  const pool = UUID.test(id) ? await tx.findOne(SubnetPool, { where: { id }, ...options }) : null;
  if (!pool || !allows(caller, 'get_subnetpool', { project_id: pool.projectId, shared: pool.shared }))
    throw new NotFoundError('SubnetPool', id);
  return pool;
}

/**
 * The addresses for a new subnet of the project. Those of a pool are the caller's until the transaction ends, which must insert
 * the subnet. Throws NotFoundError, InvalidInputError, SubnetAllocationError, SubnetPoolQuotaError.
 */
export async function takePrefix(
  tx: EntityManager,
  caller: Caller,
  projectId: string,
  wanted: WantedPrefix,
): Promise<TakenPrefix> {
  const asked = askedCidr(wanted);
  const pool = await poolFor(tx, caller, wanted, asked);
  if (!pool) {
    if (asked) return { cidr: asked, poolId: null };
    throw new InvalidInputError('subnet.cidr', 'a CIDR such as 10.0.0.0/24, or a subnetpool_id');
  }
  const length = asked?.prefix ?? wanted.prefixLength ?? pool.defaultPrefix;
  requireInBounds(pool, length);
  // Index subnets_of_pool.
  const rows = await tx.query<{ cidr: string; own: boolean }[]>(
    'SELECT cidr, project_id = $2 AS own FROM subnets WHERE subnetpool_id = $1',
    [pool.id, projectId],
  );
  const parse = (text: string) => parseCidr('cidr', text);
  requireQuota(
    pool,
    length,
    rows.filter(({ own }) => own).map(({ cidr }) => parse(cidr)),
  );
  const [prefixes, taken] = [pool.prefixes.map(parse), rows.map(({ cidr }) => parse(cidr))];
  if (asked && !isFree(prefixes, taken, asked))
    throw new SubnetAllocationError(`Cannot allocate ${renderCidr(asked)} from the available set of prefixes`);
  const cidr = asked ?? freePrefix(prefixes, taken, length);
  if (!cidr) throw new SubnetAllocationError(`Insufficient prefix space to allocate subnet size /${length}`);
  return { cidr, poolId: pool.id };
}

function askedCidr({ cidr, prefixLength }: WantedPrefix): Cidr | undefined {
  if (cidr !== undefined && prefixLength !== undefined)
    throw new InvalidInputError('prefixlen', 'no value beside cidr');
  return cidr === undefined ? undefined : parseCidr('cidr', cidr);
}

async function poolFor(
  tx: EntityManager,
  caller: Caller,
  wanted: WantedPrefix,
  asked: Cidr | undefined,
): Promise<SubnetPool | null> {
  const { subnetPoolId, useDefaultPool, ipVersion, prefixLength } = wanted;
  if (useDefaultPool && subnetPoolId)
    throw new InvalidInputError('use_default_subnetpool', 'false beside subnetpool_id');
  const version = ipVersion ?? asked?.version;
  const id = useDefaultPool ? await defaultPool(tx, version) : subnetPoolId;
  if (!id) {
    if (prefixLength !== undefined) throw new InvalidInputError('prefixlen', 'no value without a subnet pool');
    return null;
  }
  const pool = await findPool(tx, caller, id, true);
  if (version !== undefined && version !== pool.ipVersion)
    throw new InvalidInputError('ip_version', `${pool.ipVersion}, as the subnet pool is`);
  return pool;
}

async function defaultPool(tx: EntityManager, version = 4): Promise<string> {
  const pool = await tx.findOneBy(SubnetPool, { isDefault: true, ipVersion: version as 4 | 6 });
  if (!pool) throw new InvalidInputError('use_default_subnetpool', `false: there is no default pool for IPv${version}`);
  return pool.id;
}

function requireInBounds({ minPrefix, maxPrefix }: SubnetPool, length: number): void {
  if (length < minPrefix || length > maxPrefix)
    throw new InvalidInputError('prefixlen', `from ${minPrefix} to ${maxPrefix}, as the subnet pool has it`);
}

/** IPv4 counts addresses, IPv6 /64s; a part of a /64 is a whole one. */
function requireQuota(pool: SubnetPool, length: number, own: readonly Cidr[]): void {
  const { defaultQuota, ipVersion } = pool;
  if (defaultQuota === null) return;
  const unit = ipVersion === 4 ? 32 : 64;
  const units = (prefix: number) => 2 ** Math.max(unit - prefix, 0);
  const used = own.reduce((sum, { prefix }) => sum + units(prefix), 0);
  if (used + units(length) > defaultQuota)
    throw new SubnetPoolQuotaError('subnetpool', units(length), used, defaultQuota);
}
