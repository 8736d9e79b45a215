import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, InvalidInputError, NotFoundError } from '#libs/common/errors';
import { queryByPatterns } from '#libs/database/pattern-query';
import { isUniqueViolation } from '#libs/database/transient-errors';
import { Quotas } from '../quotas/quotas.js';
import { allows, ownOf, requireAllowed } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { requireInstance } from './known-instance.js';
import type { Looking } from './known-instance.js';
import { Instance } from './instance.entity.js';
import { listInstances } from './read/instance-query.js';
import type { InstanceFilter, InstancePage, InstanceSearch } from './read/instance-query.js';
import { InstanceViews } from './read/instance-views.js';
import type { InstanceView } from './read/instance-views.js';

/** Reads instances, and changes of them what needs no host: name, description, metadata, tags. */
@Injectable()
export class Instances {
  constructor(
    private readonly database: DataSource,
    private readonly views: InstanceViews,
    private readonly quotas: Quotas,
  ) {}

  /** One page, at most 1000 instances. Throws MarkerNotFoundError, PolicyDeniedError. */
  async list(caller: Caller, search: InstanceSearch): Promise<Instance[]> {
    requireAllowed(caller, 'os_compute_api:servers:index', ownOf(caller));
    return this.read(permitted(caller, search), search.page);
  }

  /** The same with ports and hosts: three statements whatever the page's length. */
  async listViews(caller: Caller, search: InstanceSearch): Promise<InstanceView[]> {
    requireAllowed(caller, 'os_compute_api:servers:detail', ownOf(caller));
    return this.views.of(caller, await this.read(permitted(caller, search), search.page));
  }

  private async read(filter: InstanceFilter, page: InstancePage): Promise<Instance[]> {
    const { name, ip, ip6 } = filter;
    return queryByPatterns(this.database, { name, ip, ip6 }, (tx) =>
      listInstances(tx.getRepository(Instance).createQueryBuilder('i'), filter, page),
    );
  }

  /**
   * The instance, where the caller may treat it as `rule` says (absent: see it). Throws NotFoundError, also where the
   * instance belongs to another project and the caller is no administrator; PolicyDeniedError. Deleted instances are
   * found only with `withDeleted`.
   */
  async get(caller: Caller, id: string, rule?: RuleName, looking?: Looking): Promise<Instance> {
    return requireInstance(this.database.manager, caller, id, rule, looking);
  }

  /** Nova API: GET /servers/{id}. The instance with its ports and host. Throws as `get`. */
  async getView(caller: Caller, id: string, rule?: RuleName): Promise<InstanceView> {
    return this.viewOf(caller, await this.get(caller, id, rule));
  }

  private async viewOf(caller: Caller, instance: Instance): Promise<InstanceView> {
    const [view] = await this.views.of(caller, [instance]);
    return view!;
  }

  /**
   * Nova API: PUT /servers/{id}. Fields that are absent keep their value. Throws NotFoundError, PolicyDeniedError,
   * ConflictError.
   */
  async update(
    caller: Caller,
    id: string,
    changes: { name?: string; description?: string | null; hostname?: string },
  ): Promise<InstanceView> {
    await this.get(caller, id, 'os_compute_api:servers:update');
    if (Object.values(changes).some((value) => value !== undefined)) await this.rename(id, changes);
    return this.viewOf(caller, await this.database.manager.findOneByOrFail(Instance, { id }));
  }

  /** Throws ConflictError where the name must be unique and another instance of the project has it. */
  private async rename(
    id: string,
    changes: Partial<Pick<Instance, 'name' | 'description' | 'hostname'>>,
  ): Promise<void> {
    try {
      await this.database.manager.update(Instance, { id }, changes);
    } catch (error) {
      if (!isUniqueViolation(error, 'instances_unique_name')) throw error;
      throw new ConflictError(`An instance named ${changes.name} already exists.`);
    }
  }

  /**
   * Nova API: POST and PUT /servers/{id}/metadata. Adds to the metadata (`merge`) or replaces all of it; returns all
   * that the instance then has. Throws QuotaExceededError.
   */
  async setMetadata(
    caller: Caller,
    id: string,
    metadata: Record<string, string>,
    action: 'create' | 'update' | 'update_all',
  ): Promise<Record<string, string>> {
    await this.get(caller, id, `os_compute_api:server-metadata:${action}`);
    return this.database.transaction(async (tx) => {
      const { metadata: present } = await lock(tx, id);
      const wanted = action === 'update_all' ? metadata : { ...present, ...metadata };
      await this.quotas.requireMetadata(tx, caller.projectId, wanted);
      await tx.update(Instance, { id }, { metadata: wanted });
      return wanted;
    });
  }

  /** Nova API: DELETE /servers/{id}/metadata/{key}. Throws NotFoundError for the instance and for the key. */
  async deleteMetadata(caller: Caller, id: string, key: string): Promise<void> {
    await this.get(caller, id, 'os_compute_api:server-metadata:delete');
    await this.database.transaction(async (tx) => {
      const { metadata: present } = await lock(tx, id);
      if (!Object.hasOwn(present, key)) throw new NotFoundError('Metadata item', key);
      const metadata = Object.fromEntries(Object.entries(present).filter(([name]) => name !== key));
      await tx.update(Instance, { id }, { metadata });
    });
  }

  /**
   * Nova API: server tags (2.26): at most 50 of at most 60 characters. `change` gets the present tags and returns the
   * new ones.
   */
  async setTags(
    caller: Caller,
    id: string,
    action: 'update' | 'update_all' | 'delete' | 'delete_all',
    change: (present: string[]) => string[],
  ): Promise<string[]> {
    await this.get(caller, id, `os_compute_api:os-server-tags:${action}`);
    return this.database.transaction(async (tx) => {
      const tags = [...new Set(change((await lock(tx, id)).tags))];
      if (tags.length > 50) throw new InvalidInputError('tags', 'at most 50 tags');
      await tx.update(Instance, { id }, { tags });
      return tags;
    });
  }
}

async function lock(tx: EntityManager, id: string): Promise<Instance> {
  const instance = await tx.findOne(Instance, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (!instance || instance.deletedAt) throw new NotFoundError('Instance', id);
  return instance;
}

/** What the caller may ask of it. Throws PolicyDeniedError where it would tell of other projects, or who shares a host. */
function permitted(
  caller: Caller,
  { filter, restricted, allProjects, projectId, page }: InstanceSearch,
): InstanceFilter {
  if (allProjects) requireAllowed(caller, 'os_compute_api:servers:index:get_all_tenants', ownOf(caller));
  if (page.sort.some(({ key }) => key === 'host' || key === 'node'))
    requireAllowed(caller, 'os_compute_api:servers:allow_all_filters', ownOf(caller));
  const all = allows(caller, 'os_compute_api:servers:allow_all_filters', ownOf(caller));
  const project = allProjects ? (projectId ?? null) : caller.projectId;
  return { ...filter, ...(all && restricted()), projectId: project };
}
