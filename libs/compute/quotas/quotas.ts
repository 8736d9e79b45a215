import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { QuotaExceededError } from '#libs/common/errors';
import { defaultLimits, quotaResources } from './default-limits.js';
import type { Limits } from './default-limits.js';
import { Quota } from './quota.entity.js';

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

  /** Sets what is given, leaves the rest. */
  async set(projectId: string, limits: Partial<Limits>): Promise<Limits> {
    const rows = quotaResources.flatMap((resource) => {
      const limit = limits[resource];
      return limit === undefined ? [] : [{ projectId, resource, limit }];
    });
    if (rows.length) await this.database.manager.upsert(Quota, rows, ['projectId', 'resource']);
    return this.limits(projectId);
  }

  /** Back to the defaults. */
  async reset(projectId: string): Promise<void> {
    await this.database.manager.delete(Quota, { projectId });
  }

  async usage(projectId: string, tx: EntityManager = this.database.manager): Promise<QuotaUsage> {
    // Index instances (project_id) where deleted_at is null.
    const [row] = await tx.query<QuotaUsage[]>(
      `SELECT count(*)::int AS instances,
              coalesce(sum((flavor->>'vcpus')::int), 0)::int AS cores,
              coalesce(sum((flavor->>'ramMb')::int), 0)::int AS ram,
              (SELECT count(*)::int FROM server_groups WHERE project_id = $1) AS server_groups
         FROM instances WHERE project_id = $1 AND deleted_at IS NULL`,
      [projectId],
    );
    return row!;
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
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('quota:' || $1, 0))`, [projectId]);
    const limits = await this.limits(projectId, tx);
    const usage = await this.usage(projectId, tx);
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
}
