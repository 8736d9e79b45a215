import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import { permittedPage } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { allows, requireAllowed } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { visiblePage } from '../visible-page.js';
import { requireRevision, standardColumns } from '../standard-attributes.js';
import { defaultGroupId } from './default-group.js';
import { requireGroupRoom } from './group-quota.js';
import { SecurityGroupRule } from './security-group-rule.entity.js';
import { SecurityGroup } from './security-group.entity.js';
import {
  DefaultGroupExistsError,
  DefaultGroupNameError,
  DefaultSecurityGroupError,
  SecurityGroupInUseError,
} from './security-groups.errors.js';

export interface SecurityGroupChange {
  name?: string;
  description?: string;
  stateful?: boolean;
}

export interface NewSecurityGroup extends SecurityGroupChange {
  /** Administrators only; absent: the caller's project. */
  projectId?: string;
}

export type SecurityGroupView = SecurityGroup & { rules: SecurityGroupRule[] };

const columns = { ...standardColumns, stateful: 'x.stateful' };

/** Security groups as users see them (Neutron API: /v2.0/security-groups). */
@Injectable()
export class SecurityGroups {
  constructor(private readonly database: DataSource) {}

  /** One page of the groups of the caller's project, of all projects for administrators. Makes the default group first. */
  async list(caller: Caller, request: PageRequest): Promise<SecurityGroupView[]> {
    if (caller.projectId) await defaultGroupId(this.database.manager, caller.projectId);
    const read = (one: PageRequest) => this.read(caller, one);
    const may = (group: SecurityGroup) => allows(caller, 'get_security_group', targetOf(group));
    return this.viewsOf(await permittedPage(request, read, may));
  }

  private read(caller: Caller, request: PageRequest): Promise<SecurityGroup[]> {
    const query = this.database.manager.createQueryBuilder(SecurityGroup, 'x');
    return visiblePage('SecurityGroup', query, caller, columns, request);
  }

  /** Throws NotFoundError, also for a group that the caller may not see. */
  async get(caller: Caller, id: string): Promise<SecurityGroupView> {
    const [view] = await this.viewsOf([await findGroup(this.database.manager, caller, id)]);
    return view!;
  }

  /**
   * Neutron API: POST /security-groups: a group whose ports may send everything. Throws PolicyDeniedError,
   * QuotaExceededError, DefaultGroupExistsError.
   */
  async create(caller: Caller, wanted: NewSecurityGroup): Promise<SecurityGroupView> {
    const { projectId = caller.projectId, ...rest } = wanted;
    requireAllowed(caller, 'create_security_group', { project_id: projectId });
    if (rest.name?.toLowerCase() === 'default') throw new DefaultGroupExistsError();
    const group = await this.database.transaction(async (tx) => {
      await defaultGroupId(tx, projectId);
      await requireGroupRoom(tx, projectId, 'security_group', 1);
      const made = await tx.save(tx.create(SecurityGroup, { name: '', ...rest, id: newId(), projectId }));
      const rules = (['IPv4', 'IPv6'] as const).map((etherType) =>
        tx.create(SecurityGroupRule, {
          id: newId(),
          securityGroupId: made.id,
          projectId,
          direction: 'egress',
          etherType,
        }),
      );
      await tx.save(rules);
      return made;
    });
    return this.get(caller, group.id);
  }

  /**
   * Neutron API: PUT /security-groups/{id}. Throws NotFoundError, PolicyDeniedError, DefaultGroupNameError,
   * RevisionMismatchError, and SecurityGroupInUseError where `stateful` would change under ports.
   */
  async update(caller: Caller, id: string, change: SecurityGroupChange, revision?: number): Promise<SecurityGroupView> {
    await this.database.transaction(async (tx) => {
      const group = await findGroup(tx, caller, id, 'update_security_group');
      await requireRevision(tx, SecurityGroup, id, revision);
      if (group.isDefault && change.name !== undefined && change.name !== group.name) throw new DefaultGroupNameError();
      const other = change.stateful !== undefined && change.stateful !== group.stateful;
      if (other && (await isInUse(tx, id))) throw new SecurityGroupInUseError(id);
      await tx.save(Object.assign(group, change));
    });
    return this.get(caller, id);
  }

  /** Throws NotFoundError, PolicyDeniedError, DefaultSecurityGroupError, SecurityGroupInUseError, RevisionMismatchError. */
  async delete(caller: Caller, id: string, revision?: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const group = await findGroup(tx, caller, id, 'delete_security_group');
      await requireRevision(tx, SecurityGroup, id, revision);
      if (group.isDefault) throw new DefaultSecurityGroupError();
      if (await isInUse(tx, id)) throw new SecurityGroupInUseError(id);
      // Neutron: rules of other groups that name it as remote go as well.
      await tx.delete(SecurityGroupRule, { securityGroupId: id });
      await tx.delete(SecurityGroupRule, { remoteGroupId: id });
      await tx.delete(SecurityGroup, { id });
    });
  }

  private async viewsOf(groups: SecurityGroup[]): Promise<SecurityGroupView[]> {
    const ids = groups.map(({ id }) => id);
    const found = ids.length
      ? await this.database.manager.find(SecurityGroupRule, {
          where: { securityGroupId: In(ids) },
          order: { createdAt: 'ASC', id: 'ASC' },
        })
      : [];
    const rules = Map.groupBy(found, ({ securityGroupId }) => securityGroupId);
    return groups.map((group) => ({ ...group, rules: rules.get(group.id) ?? [] }));
  }
}

/** The target of the policy's rules about a group or one of its rules. */
export const targetOf = ({ projectId }: { projectId: string }) => ({ project_id: projectId });

/**
 * The group as the caller may see it; with `rule` also as the caller may change it, locked. Throws NotFoundError,
 * PolicyDeniedError.
 */
export async function findGroup(
  tx: EntityManager,
  caller: Caller,
  id: string,
  rule?: RuleName,
): Promise<SecurityGroup> {
  const options = rule ? { lock: { mode: 'pessimistic_write' as const } } : {};
  const group = UUID.test(id) ? await tx.findOne(SecurityGroup, { where: { id }, ...options }) : null;
  if (!group || !allows(caller, 'get_security_group', targetOf(group))) throw new NotFoundError('SecurityGroup', id);
  if (rule) requireAllowed(caller, rule, targetOf(group));
  return group;
}

/** Index ports_of_security_group. */
async function isInUse(tx: EntityManager, id: string): Promise<boolean> {
  const rows = await tx.query<unknown[]>('SELECT 1 FROM ports WHERE security_group_ids @> ARRAY[$1::uuid] LIMIT 1', [
    id,
  ]);
  return rows.length > 0;
}
