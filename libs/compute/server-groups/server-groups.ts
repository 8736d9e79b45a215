import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError, QuotaExceededError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import { allows, ownOf, requireAllowed } from '#libs/policy/policy';
import { instanceTarget } from '../instances/instance-target.js';
import type { Instance } from '../instances/instance.entity.js';
import { Quotas } from '../quotas/quotas.js';
import { ServerGroup } from './server-group.entity.js';
import type { ServerGroupPolicy } from './server-group.entity.js';

export interface ServerGroupView extends ServerGroup {
  /** Ids of the member instances, oldest first. */
  members: string[];
}

// Index instances ((scheduler_hints->>'group')) where deleted_at is null.
const membersOf = `SELECT g.*, coalesce((SELECT array_agg(i.id ORDER BY i.created_at) FROM instances i
  WHERE i.scheduler_hints->>'group' = g.id::text AND i.deleted_at IS NULL), '{}') AS members FROM server_groups g`;

/** Groups of instances that are kept together or apart (Nova: server groups). */
@Injectable()
export class ServerGroups {
  constructor(
    private readonly database: DataSource,
    private readonly quotas: Quotas,
  ) {}

  /** Nova API: POST /os-server-groups. Throws PolicyDeniedError, QuotaExceededError. */
  async create(
    caller: Caller,
    wanted: { name: string; policy: ServerGroupPolicy; maxServerPerHost?: number },
  ): Promise<ServerGroupView> {
    requireAllowed(caller, 'os_compute_api:os-server-groups:create', ownOf(caller));
    const group = await this.database.transaction(async (tx) => {
      await this.quotas.reserve(tx, caller.projectId, { server_groups: 1 });
      const { projectId, userId } = caller;
      const maxServerPerHost = wanted.maxServerPerHost ?? null;
      return tx.save(tx.create(ServerGroup, { ...wanted, maxServerPerHost, id: newId(), projectId, userId }));
    });
    return { ...group, members: [] };
  }

  /** One page, oldest group first. Throws PolicyDeniedError. */
  async list(
    caller: Caller,
    page: { limit: number; offset: number; allProjects: boolean },
  ): Promise<ServerGroupView[]> {
    requireAllowed(caller, 'os_compute_api:os-server-groups:index', ownOf(caller));
    const all = 'os_compute_api:os-server-groups:index:all_projects';
    const everyone = page.allProjects && allows(caller, all, ownOf(caller));
    const rows = await this.database.query<Record<string, unknown>[]>(
      `${membersOf} WHERE ($1 OR g.project_id = $2) ORDER BY g.created_at, g.id LIMIT $3 OFFSET $4`,
      [everyone, caller.projectId, page.limit, page.offset],
    );
    return rows.map(toView);
  }

  /** Throws NotFoundError, also where the group belongs to another project. */
  async get(caller: Caller, id: string, tx: EntityManager = this.database.manager): Promise<ServerGroupView> {
    const [row] = UUID.test(id) ? await tx.query<Record<string, unknown>[]>(`${membersOf} WHERE g.id = $1`, [id]) : [];
    const group = row && toView(row);
    if (!group || !allows(caller, 'os_compute_api:os-server-groups:show', targetOf(group)))
      throw new NotFoundError('Instance group', id);
    return group;
  }

  /**
   * Checks that the group named by the hint, if any, takes `count` more members. The caller must hold the project's
   * quota lock already: the lock keeps other creates out of the count. Throws NotFoundError, QuotaExceededError.
   */
  async reserve(tx: EntityManager, caller: Caller, group: string | string[] | undefined, count: number): Promise<void> {
    if (group === undefined) return;
    const { members } = await this.get(caller, String(group), tx);
    const limit = (await this.quotas.limits(caller.projectId, tx)).server_group_members;
    if (limit >= 0 && members.length + count > limit)
      throw new QuotaExceededError('server_group_members', count, members.length, limit);
  }

  /** Ids of the groups that the instance is in: one or none. Throws PolicyDeniedError. */
  async ofInstance(caller: Caller, instance: Instance): Promise<string[]> {
    requireAllowed(caller, 'os_compute_api:servers:show', instanceTarget(instance));
    const { group } = instance.schedulerHints;
    const known = typeof group === 'string' && UUID.test(group);
    return known && (await this.database.manager.existsBy(ServerGroup, { id: group })) ? [group] : [];
  }

  /** Its members go on running and are no longer kept together or apart. Throws NotFoundError, PolicyDeniedError. */
  async delete(caller: Caller, id: string): Promise<void> {
    const group = await this.get(caller, id);
    requireAllowed(caller, 'os_compute_api:os-server-groups:delete', targetOf(group));
    await this.database.manager.delete(ServerGroup, { id });
  }
}

const targetOf = ({ projectId, userId }: ServerGroup) => ({ project_id: projectId, user_id: userId });

function toView(row: Record<string, unknown>): ServerGroupView {
  return {
    id: row.id as string,
    name: row.name as string,
    projectId: row.project_id as string,
    userId: row.user_id as string,
    policy: row.policy as ServerGroupPolicy,
    maxServerPerHost: row.max_server_per_host as number | null,
    createdAt: row.created_at as Date,
    updatedAt: row.updated_at as Date,
    members: row.members as string[],
  };
}
