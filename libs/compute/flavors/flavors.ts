import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, NameTakenError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { entityOf } from '#libs/database/entity-row';
import { readPage } from '#libs/database/keyset';
import { allows, ownOf, requireAllowed } from '#libs/policy/policy';
import { Flavor } from './flavor.entity.js';
import { requireEffective } from './extra-specs.js';
import { FlavorAccess } from './flavor-access.entity.js';

export interface NewFlavor {
  id?: string | null;
  name: string;
  vcpus: number;
  ramMb: number;
  diskGb: number;
  isPublic: boolean;
  description?: string | null;
}

export interface FlavorFilter {
  /** true: public only; false: private only; null: all (an admin's choice). */
  isPublic: boolean | null;
  minRamMb?: number;
  minDiskGb?: number;
  sortKey: 'id' | 'name' | 'vcpus' | 'ramMb' | 'diskGb' | 'createdAt' | 'updatedAt';
  sortDirection: 'asc' | 'desc';
  /** Flavor id after which the page begins. */
  marker?: string;
  /** At most 1000. */
  limit: number;
}

type ShowFlavor = 'os_compute_api:flavors:index' | `os_compute_api:os-flavor-extra-specs:${'index' | 'show'}`;

/** Nova's flavors: what an instance may use of a host. */
@Injectable()
export class Flavors {
  constructor(private readonly database: DataSource) {}

  /** One page of what the caller may see. Throws MarkerNotFoundError. */
  async list(caller: Caller, filter: FlavorFilter): Promise<Flavor[]> {
    requireAllowed(caller, 'os_compute_api:flavors:index', ownOf(caller));
    const query = this.database.getRepository(Flavor).createQueryBuilder('f');
    const column = sortColumns[filter.sortKey];
    const all = allows(caller, 'os_compute_api:flavors:all');
    const isPublic = all ? filter.isPublic : true;
    const visible = `(f.is_public OR ${granted})`;
    query.setParameter('projectId', caller.projectId);
    if (!all || isPublic === true) query.where(visible);
    else if (isPublic === false) query.where('NOT f.is_public');
    if (filter.minRamMb !== undefined) query.andWhere('f.ram_mb >= :minRam', { minRam: filter.minRamMb });
    if (filter.minDiskGb !== undefined) query.andWhere('f.disk_gb >= :minDisk', { minDisk: filter.minDiskGb });
    const id = filter.marker;
    const row = `f.id = :marker AND ${all ? 'true' : visible}`;
    const marker = id === undefined ? undefined : { resource: 'Flavor', id, row, parameters: { marker: id } };
    const direction = filter.sortDirection;
    const keys = [column, 'f.id'].map((sql) => ({ sql, direction }));
    return readPage(query, keys, { marker, limit: filter.limit });
  }

  /** By the rule of what of it is looked at. Throws PolicyDeniedError, and as `get`. */
  async show(caller: Caller, id: string, rule: ShowFlavor = 'os_compute_api:flavors:index'): Promise<Flavor> {
    requireAllowed(caller, rule, ownOf(caller));
    return this.get(caller, id);
  }

  /**
   * Throws NotFoundError also for a private flavor that the caller's project may not use: it does not learn that
   * there is one.
   */
  async get(caller: Caller, id: string, tx: EntityManager = this.database.manager): Promise<Flavor> {
    const [row] = await tx.query<Record<string, unknown>[]>('SELECT * FROM flavors WHERE id = $1', [id]);
    if (!row) throw new NotFoundError('Flavor', id);
    const flavor = entityOf(tx, Flavor, row);
    if (flavor.isPublic || allows(caller, 'os_compute_api:flavors:all')) return flavor;
    if (await tx.existsBy(FlavorAccess, { flavorId: id, projectId: caller.projectId })) return flavor;
    throw new NotFoundError('Flavor', id);
  }

  /**
   * Nova API: POST /flavors. Memory in MiB, disk in GiB. Throws PolicyDeniedError, ConflictError where the name or id
   * is taken.
   */
  async create(caller: Caller, wanted: NewFlavor): Promise<Flavor> {
    requireAllowed(caller, 'os_compute_api:os-flavor-manage:create');
    const id = wanted.id ?? newId();
    return this.database.transaction(async (tx) => {
      if (await tx.existsBy(Flavor, { name: wanted.name })) throw new NameTakenError('Flavor', wanted.name);
      if (await tx.existsBy(Flavor, { id })) throw new ConflictError(`Flavor with ID ${id} already exists.`);
      return tx.save(tx.create(Flavor, { ...wanted, id, description: wanted.description ?? null, extraSpecs: {} }));
    });
  }

  /** Nova API: PUT /flavors/{id} (2.55): only the description can be changed. */
  async describe(caller: Caller, id: string, description: string | null): Promise<Flavor> {
    requireAllowed(caller, 'os_compute_api:os-flavor-manage:update');
    const flavor = await this.require(id);
    flavor.description = description;
    return this.database.manager.save(flavor);
  }

  /**
   * Nova API: DELETE /flavors/{id}. Instances keep their copy of the flavor. Throws PolicyDeniedError, NotFoundError.
   */
  async delete(caller: Caller, id: string): Promise<void> {
    requireAllowed(caller, 'os_compute_api:os-flavor-manage:delete');
    await this.database.transaction(async (tx) => {
      await tx.delete(FlavorAccess, { flavorId: id });
      if (!(await tx.delete(Flavor, { id })).affected) throw new NotFoundError('Flavor', id);
    });
  }

  /**
   * Nova API: POST /flavors/{id}/os-extra_specs. Adds or replaces the given keys and returns all that the flavor then
   * has. Throws InvalidInputError for what would do nothing (extra-specs.ts).
   */
  async setExtraSpecs(
    caller: Caller,
    id: string,
    specs: Record<string, string>,
    action: 'create' | 'update',
  ): Promise<Record<string, string>> {
    requireAllowed(caller, `os_compute_api:os-flavor-extra-specs:${action}`);
    requireEffective(specs);
    return this.changeExtraSpecs(id, (present) => ({ ...present, ...specs }));
  }

  /** Nova API: DELETE /flavors/{id}/os-extra_specs/{key}. Throws NotFoundError where the flavor has no such key. */
  async deleteExtraSpec(caller: Caller, id: string, key: string): Promise<void> {
    requireAllowed(caller, 'os_compute_api:os-flavor-extra-specs:delete');
    await this.changeExtraSpecs(id, (present) => {
      if (!Object.hasOwn(present, key)) throw new NotFoundError('Flavor extra spec', key);
      return Object.fromEntries(Object.entries(present).filter(([name]) => name !== key));
    });
  }

  /** Nova API: GET /flavors/{id}/os-flavor-access. Ids of the projects that may use a private flavor. */
  async accessList(caller: Caller, id: string): Promise<string[]> {
    requireAllowed(caller, 'os_compute_api:os-flavor-access');
    return this.readAccess(id);
  }

  private async readAccess(id: string): Promise<string[]> {
    const flavor = await this.require(id);
    if (flavor.isPublic) throw new NotFoundError('Access list of public flavor', id);
    return (await this.database.manager.findBy(FlavorAccess, { flavorId: id })).map((row) => row.projectId);
  }

  /**
   * Nova API: addTenantAccess. Returns the projects that then have access. Throws ConflictError for a public flavor
   * and for a project that has access already.
   */
  async grant(caller: Caller, id: string, projectId: string): Promise<string[]> {
    requireAllowed(caller, 'os_compute_api:os-flavor-access:add_tenant_access');
    const flavor = await this.require(id);
    if (flavor.isPublic) throw new ConflictError('Can not add access to a public flavor.');
    if (await this.database.manager.existsBy(FlavorAccess, { flavorId: id, projectId }))
      throw new ConflictError(`Flavor access already exists for flavor ${id} and project ${projectId} combination.`);
    await this.database.manager.insert(FlavorAccess, { flavorId: id, projectId });
    return this.readAccess(id);
  }

  /**
   * Nova API: removeTenantAccess. Returns the projects that still have access. Throws NotFoundError where the project
   * has none.
   */
  async revoke(caller: Caller, id: string, projectId: string): Promise<string[]> {
    requireAllowed(caller, 'os_compute_api:os-flavor-access:remove_tenant_access');
    await this.require(id);
    const { affected } = await this.database.manager.delete(FlavorAccess, { flavorId: id, projectId });
    if (!affected) throw new NotFoundError('Flavor access of project', projectId);
    return this.readAccess(id);
  }

  private async require(id: string): Promise<Flavor> {
    const flavor = await this.database.manager.findOneBy(Flavor, { id });
    if (!flavor) throw new NotFoundError('Flavor', id);
    return flavor;
  }

  private async changeExtraSpecs(
    id: string,
    change: (present: Record<string, string>) => Record<string, string>,
  ): Promise<Record<string, string>> {
    return this.database.transaction(async (tx) => {
      const flavor = await tx.findOne(Flavor, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!flavor) throw new NotFoundError('Flavor', id);
      flavor.extraSpecs = change(flavor.extraSpecs);
      return (await tx.save(flavor)).extraSpecs;
    });
  }
}

const granted = `EXISTS (SELECT 1 FROM flavor_access a WHERE a.flavor_id = f.id AND a.project_id = :projectId)`;

const sortColumns: Record<FlavorFilter['sortKey'], string> = {
  id: 'f.id',
  name: 'f.name',
  vcpus: 'f.vcpus',
  ramMb: 'f.ram_mb',
  diskGb: 'f.disk_gb',
  createdAt: 'f.created_at',
  updatedAt: 'f.updated_at',
};
