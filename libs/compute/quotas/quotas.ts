import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { lockKey } from '#libs/database/advisory-locks';
import { QuotaExceededError } from '#libs/common/errors';
import type { Caller } from '#libs/common/caller';
import { requireAllowed } from '#libs/policy/policy';
import { defaultLimits, quotaResources } from './default-limits.js';
import type { Limits } from './default-limits.js';
import { Quota } from './quota.entity.js';
import { LimitBelowUsageError, UnknownProjectError } from './quota.errors.js';

/** What a project uses now; ram in MiB. */
export interface QuotaUsage {
  instances: number;
  cores: number;
  ram: number;
  server_groups: number;
}

/** Limits of projects and what counts against them. */
@Injectable()
export class Quotas {
  constructor(private readonly database: DataSource) {}

  async limits(projectId: string, tx: EntityManager = this.database.manager): Promise<Limits> {
    const rows = await tx.findBy(Quota, { projectId });
    return { ...defaultLimits, ...Object.fromEntries(rows.map((row) => [row.resource, row.limit])) };
  }

  /** Nova API: GET /os-quota-sets/{project}. Throws PolicyDeniedError, UnknownProjectError. */
  async show(caller: Caller, projectId: string): Promise<Limits> {
    requireAllowed(caller, 'os_compute_api:os-quota-sets:show', { project_id: projectId });
    await this.requireProject(projectId);
    return this.limits(projectId);
  }

  /** Nova API: GET /os-quota-sets/{project}/detail. Throws as `show`. */
  async detail(caller: Caller, projectId: string): Promise<{ limits: Limits; usage: QuotaUsage }> {
    requireAllowed(caller, 'os_compute_api:os-quota-sets:detail', { project_id: projectId });
    await this.requireProject(projectId);
    const [limits, usage] = await Promise.all([this.limits(projectId), this.usage(projectId)]);
    return { limits, usage };
  }

  private async requireProject(projectId: string): Promise<void> {
    const known = await this.database.query<unknown[]>('SELECT 1 FROM projects WHERE id = $1 AND NOT is_domain', [
      projectId,
    ]);
    if (!known.length) throw new UnknownProjectError(projectId);
  }

  /**
   * Sets what is given, leaves the rest. Nova API: without `force` a limit is not below what is used. Throws
   * UnknownProjectError, LimitBelowUsageError.
   */
  async set(caller: Caller, projectId: string, limits: Partial<Limits>, force = false): Promise<Limits> {
    requireAllowed(caller, 'os_compute_api:os-quota-sets:update', { project_id: projectId });
    await this.requireProject(projectId);
    if (!force) requireNotBelow(limits, await this.usage(projectId));
    const rows = quotaResources.flatMap((resource) => {
      const limit = limits[resource];
      return limit === undefined ? [] : [{ projectId, resource, limit }];
    });
    if (rows.length) await this.database.manager.upsert(Quota, rows, ['projectId', 'resource']);
    return this.limits(projectId);
  }

  /** Back to the defaults. */
  async reset(caller: Caller, projectId: string): Promise<void> {
    requireAllowed(caller, 'os_compute_api:os-quota-sets:delete', { project_id: projectId });
    await this.database.manager.delete(Quota, { projectId });
  }

  /** Throws QuotaExceededError for more items than an instance of the project may have. */
  async requireMetadata(tx: EntityManager, projectId: string, metadata: Record<string, string>): Promise<void> {
    const limit = (await this.limits(projectId, tx)).metadata_items;
    const count = Object.keys(metadata).length;
    if (limit >= 0 && count > limit) throw new QuotaExceededError('metadata_items', count, 0, limit);
  }

  async usage(projectId: string, tx: EntityManager = this.database.manager): Promise<QuotaUsage> {
    // Index instances (project_id) where deleted_at is null.
    const [row] = await tx.query<QuotaUsage[]>(
      `SELECT count(*)::int AS instances,
              coalesce(sum(vcpus), 0)::float8 AS cores, coalesce(sum(memory_mb), 0)::float8 AS ram,
              (SELECT count(*)::int FROM server_groups WHERE project_id = $1) AS server_groups
         FROM instances WHERE project_id = $1 AND deleted_at IS NULL`,
      [projectId],
    );
    return row!;
  }

  /**
   * For what the transaction has written already, as the last thing before its commit: the project's other requests wait
   * for no more than that. Throws QuotaExceededError. `written` is what of it is new.
   */
  async requireWithin(tx: EntityManager, projectId: string, written: Partial<QuotaUsage>): Promise<void> {
    const { limits, usage } = await this.locked(tx, projectId);
    for (const [resource, size] of Object.entries(written) as [keyof QuotaUsage, number][]) {
      const limit = limits[resource];
      if (limit >= 0 && size > 0 && usage[resource] > limit)
        throw new QuotaExceededError(resource, size, usage[resource] - size, limit);
    }
  }

  /**
   * How many of `each` the project may still have: at most `most`. Throws QuotaExceededError below `least`. Serialises the
   * project's requests up to the end of the transaction, so that two at once cannot both take the last place.
   */
  async reserve(
    tx: EntityManager,
    projectId: string,
    each: Partial<QuotaUsage>,
    { least, most } = { least: 1, most: 1 },
  ): Promise<number> {
    const { limits, usage } = await this.locked(tx, projectId);
    let room = most;
    for (const [resource, size] of Object.entries(each) as [keyof QuotaUsage, number][]) {
      const limit = limits[resource];
      if (limit < 0 || size === 0) continue;
      const fits = Math.floor((limit - usage[resource]) / size);
      if (fits < least) throw new QuotaExceededError(resource, least * size, usage[resource], limit);
      room = Math.min(room, fits);
    }
    return room;
  }

  /** Sent at once: what is read is as it is when the lock has been given. */
  private async locked(tx: EntityManager, projectId: string): Promise<{ limits: Limits; usage: QuotaUsage }> {
    const [, limits, usage] = await Promise.all([
      lockKey(tx, 'quota', projectId),
      this.limits(projectId, tx),
      this.usage(projectId, tx),
    ]);
    return { limits, usage };
  }
}

function requireNotBelow(limits: Partial<Limits>, usage: QuotaUsage): void {
  for (const [resource, used] of Object.entries(usage) as [keyof QuotaUsage, number][]) {
    const limit = limits[resource] ?? -1;
    if (limit >= 0 && limit < used) throw new LimitBelowUsageError(resource, limit, used);
  }
}
