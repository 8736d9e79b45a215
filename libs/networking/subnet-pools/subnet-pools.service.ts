import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { lockKey } from '#libs/database/advisory-locks';
import { permittedPage } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { allows, requireAllowed } from '#libs/policy/policy';
import { visiblePage } from '../visible-page.js';
import { requireRevision, standardColumns } from '../standard-attributes.js';
import { parseCidr } from '../subnets/cidr.js';
import { findPool } from './pool-allocation.js';
import { poolBounds, poolPrefixes } from './pool-settings.js';
import type { PrefixBounds } from './pool-settings.js';
import { covers } from './prefix-space.js';
import { SubnetPoolInUseError } from './subnet-pool.errors.js';
import { SubnetPool } from './subnet-pool.entity.js';

export interface SubnetPoolChange extends PrefixBounds {
  name?: string;
  description?: string;
  prefixes?: string[];
  defaultQuota?: number | null;
  isDefault?: boolean;
}

export interface NewSubnetPool extends SubnetPoolChange {
  prefixes: string[];
  shared?: boolean;
  /** Administrators only; absent: the caller's project. */
  projectId?: string;
}

const columns = {
  ...standardColumns,
  ip_version: 'x.ip_version',
  shared: 'x.shared',
  is_default: 'x.is_default',
  default_prefixlen: 'x.default_prefix',
  min_prefixlen: 'x.min_prefix',
  max_prefixlen: 'x.max_prefix',
  default_quota: 'coalesce(x.default_quota, -1)',
};

/** Neutron API: /v2.0/subnetpools. */
@Injectable()
export class SubnetPoolService {
  constructor(private readonly database: DataSource) {}

  /** One page of the pools of the caller's project and of shared ones; of all for administrators. */
  list(caller: Caller, request: PageRequest): Promise<SubnetPool[]> {
    const read = (one: PageRequest) => {
      const query = this.database.manager.createQueryBuilder(SubnetPool, 'x');
      // Index subnet_pools_of_project.
      return visiblePage('SubnetPool', query, caller, columns, one, 'x.shared');
    };
    return permittedPage(request, read, (pool) => allows(caller, 'get_subnetpool', targetOf(pool)));
  }

  /** Throws NotFoundError, also for a pool that the caller may not see. */
  get(caller: Caller, id: string): Promise<SubnetPool> {
    return findPool(this.database.manager, caller, id);
  }

  /** Neutron API: POST /subnetpools. Throws PolicyDeniedError, and InvalidInputError, also for a second default pool. */
  async create(caller: Caller, wanted: NewSubnetPool): Promise<SubnetPool> {
    const { projectId = caller.projectId, prefixes, defaultPrefix, minPrefix, maxPrefix, ...rest } = wanted;
    const target = { project_id: projectId };
    requireAllowed(caller, 'create_subnetpool', target);
    if (wanted.shared) requireAllowed(caller, 'create_subnetpool:shared', target);
    if (wanted.isDefault) requireAllowed(caller, 'create_subnetpool:is_default', target);
    const found = poolPrefixes(prefixes);
    const bounds = poolBounds(found.ipVersion, { defaultPrefix, minPrefix, maxPrefix });
    return this.database.transaction(async (tx) => {
      if (wanted.isDefault) await requireNoDefault(tx, found.ipVersion);
      const row = { name: '', defaultQuota: null, ...rest, ...found, ...bounds, id: newId(), projectId };
      return tx.save(tx.create(SubnetPool, row));
    });
  }

  /**
   * Neutron API: PUT /subnetpools/{id}. Prefixes may only grow. Throws NotFoundError, PolicyDeniedError,
   * InvalidInputError, RevisionMismatchError.
   */
  async update(caller: Caller, id: string, change: SubnetPoolChange, revision?: number): Promise<SubnetPool> {
    return this.database.transaction(async (tx) => {
      const pool = await findPool(tx, caller, id, true);
      requireAllowed(caller, 'update_subnetpool', targetOf(pool));
      await requireRevision(tx, SubnetPool, id, revision);
      if (change.isDefault !== undefined && change.isDefault !== pool.isDefault) {
        requireAllowed(caller, 'update_subnetpool:is_default', targetOf(pool));
        if (change.isDefault) await requireNoDefault(tx, pool.ipVersion);
      }
      const { prefixes, ...rest } = change;
      if (prefixes) pool.prefixes = grown(pool, prefixes);
      return tx.save(Object.assign(pool, rest, poolBounds(pool.ipVersion, { ...pool, ...boundsOf(rest) })));
    });
  }

  /** Neutron API: DELETE /subnetpools/{id}. Throws NotFoundError, PolicyDeniedError, SubnetPoolInUseError. */
  async delete(caller: Caller, id: string, revision?: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const pool = await findPool(tx, caller, id, true);
      requireAllowed(caller, 'delete_subnetpool', targetOf(pool));
      await requireRevision(tx, SubnetPool, id, revision);
      // Index subnets_of_pool.
      const used = await tx.query<unknown[]>('SELECT 1 FROM subnets WHERE subnetpool_id = $1 LIMIT 1', [id]);
      if (used.length) throw new SubnetPoolInUseError();
      await tx.delete(SubnetPool, { id });
    });
  }
}

const targetOf = ({ projectId, shared }: SubnetPool) => ({ project_id: projectId, shared });

function boundsOf({ defaultPrefix, minPrefix, maxPrefix }: PrefixBounds): PrefixBounds {
  return {
    ...(defaultPrefix !== undefined && { defaultPrefix }),
    ...(minPrefix !== undefined && { minPrefix }),
    ...(maxPrefix !== undefined && { maxPrefix }),
  };
}

function grown(pool: SubnetPool, wanted: readonly string[]): string[] {
  const { prefixes, ipVersion } = poolPrefixes(wanted);
  const parse = (texts: readonly string[]) => texts.map((text) => parseCidr('prefixes', text));
  if (ipVersion !== pool.ipVersion || !covers(parse(prefixes), parse(pool.prefixes)))
    throw new InvalidInputError('prefixes', `prefixes that have all of ${pool.prefixes.join(', ')}`);
  return prefixes;
}

/** One pool of an IP version is the default one. */
async function requireNoDefault(tx: EntityManager, ipVersion: 4 | 6): Promise<void> {
  await lockKey(tx, 'default-subnet-pool', String(ipVersion));
  if (await tx.existsBy(SubnetPool, { isDefault: true, ipVersion }))
    throw new InvalidInputError('is_default', `false: there is a default subnet pool for IPv${ipVersion} already`);
}
