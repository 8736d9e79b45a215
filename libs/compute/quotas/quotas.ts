import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { lockKey } from '#libs/database/advisory-locks';
import { withCommit } from '#libs/database/transactions';
import { QuotaExceededError } from '#libs/common/errors';
import type { Caller } from '#libs/common/caller';
import { ownOf, requireAllowed } from '#libs/policy/policy';
import { defaultLimits, quotaResources } from './default-limits.js';
import type { Limits } from './default-limits.js';
import { requireRoom } from './quota-check.js';
import type { InstanceUsage } from './instance-usage.js';
import { Quota } from './quota.entity.js';
import { LimitBelowUsageError, UnknownProjectError } from './quota.errors.js';

/** Primary key of quotas. */
const LIMITS = 'SELECT resource, "limit" FROM quotas WHERE project_id = $1';

/** What a project uses now; `ram` in MiB. */
export interface QuotaUsage extends InstanceUsage {
  server_groups: number;
}

/** Projects' limits, and what counts against them. */
@Injectable()
export class Quotas {
  constructor(private readonly database: DataSource) {}

  /** The project's limits, with the defaults where it has none of its own. -1: no limit. */
  async limits(projectId: string, tx: EntityManager = this.database.manager): Promise<Limits> {
    const rows = await tx.query<Pick<Quota, 'resource' | 'limit'>[]>(LIMITS, [projectId]);
    return { ...defaultLimits, ...Object.fromEntries(rows.map((row) => [row.resource, row.limit])) };
  }

  /** Nova API: GET /os-quota-sets/{project}. Throws PolicyDeniedError, UnknownProjectError. */
  async show(caller: Caller, projectId: string): Promise<Limits> {
    requireAllowed(caller, 'os_compute_api:os-quota-sets:show', { project_id: projectId });
    await this.requireProject(projectId);
    return this.limits(projectId);
  }

  /** Nova API: GET /os-quota-sets/{project}/defaults. Throws PolicyDeniedError. */
  defaults(caller: Caller, projectId: string): Limits {
    requireAllowed(caller, 'os_compute_api:os-quota-sets:defaults', { project_id: projectId });
    return defaultLimits;
  }

  /** Nova API: GET /limits: of the project that is asked about where the caller may see it, else of the caller's own. */
  async absolute(caller: Caller, asked?: string): Promise<{ limits: Limits; usage: QuotaUsage }> {
    requireAllowed(caller, 'os_compute_api:limits', ownOf(caller));
    const projectId = asked ?? caller.projectId;
    if (projectId !== caller.projectId)
      requireAllowed(caller, 'os_compute_api:limits:other_project', { project_id: projectId });
    const [limits, usage] = await Promise.all([this.limits(projectId), this.usage(projectId)]);
    return { limits, usage };
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
   * Nova API: PUT /os-quota-sets/{project}. Sets the given limits and leaves the others; without `force` a limit
   * below what is used is refused. Throws PolicyDeniedError, UnknownProjectError, LimitBelowUsageError.
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

  /** Nova API: DELETE /os-quota-sets/{project}. The project has the defaults again. Throws PolicyDeniedError. */
  async reset(caller: Caller, projectId: string): Promise<void> {
    requireAllowed(caller, 'os_compute_api:os-quota-sets:delete', { project_id: projectId });
    await this.database.manager.delete(Quota, { projectId });
  }

  /** Throws QuotaExceededError where an instance of the project may not have so many metadata items. */
  async requireMetadata(tx: EntityManager, projectId: string, metadata: Record<string, string>): Promise<void> {
    const count = Object.keys(metadata).length;
    if (!count) return;
    const limit = (await this.limits(projectId, tx)).metadata_items;
    if (limit >= 0 && count > limit) throw new QuotaExceededError('metadata_items', count, 0, limit);
  }

  /** What counts against the project's limits; instances whose delete has not ended count too. */
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
   * Checks the quota after the transaction has written its rows, together with its commit (`transact`), so that the
   * project's other requests wait for no answer of this process. `written`: how much of the usage is new. Throws
   * QuotaExceededError.
   */
  async requireWithin(tx: EntityManager, projectId: string, written: Partial<InstanceUsage>): Promise<void> {
    await Promise.all([
      withCommit(tx, lockKey(tx, 'quota', projectId)),
      withCommit(tx, requireRoom(tx, projectId, written)),
    ]);
  }

  /**
   * Returns how many of `each` the project may still have, at most `most`; throws QuotaExceededError below `least`.
   * Until the transaction ends the project's other requests wait, so that two at once cannot take the last place.
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

  /**
   * PostgreSQL answers the three statements in the order they are sent: limits and usage are read once the lock is
   * held.
   */
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
