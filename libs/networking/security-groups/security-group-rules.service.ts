import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import { permittedPage } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { allows, requireAllowed } from '#libs/policy/policy';
import { visiblePage } from '../visible-page.js';
import { defaultGroupId } from './default-group.js';
import { requireGroupRoom } from './group-quota.js';
import { checkedRule, sameRule } from './rule-checks.js';
import type { WantedRule } from './rule-checks.js';
import { SecurityGroupRule } from './security-group-rule.entity.js';
import { SecurityGroup } from './security-group.entity.js';
import { RuleExistsError } from './security-groups.errors.js';
import { findGroup, targetOf } from './security-groups.service.js';

export interface NewSecurityGroupRule extends WantedRule {
  securityGroupId: string;
  description?: string;
}

/** `ofDefault`: the rule is one of a project's default group. */
export type SecurityGroupRuleView = SecurityGroupRule & { ofDefault: boolean };

const isOfDefault = '(SELECT g.is_default FROM security_groups g WHERE g.id = x.security_group_id)';

const columns = {
  id: 'x.id',
  description: 'x.description',
  project_id: 'x.project_id',
  security_group_id: 'x.security_group_id',
  direction: 'x.direction',
  ethertype: 'x.ether_type',
  protocol: `coalesce(x.protocol, '')`,
  port_range_min: `coalesce(x.port_range_min::text, '')`,
  port_range_max: `coalesce(x.port_range_max::text, '')`,
  remote_ip_prefix: `coalesce(x.remote_ip_prefix, '')`,
  remote_group_id: `coalesce(x.remote_group_id::text, '')`,
  belongs_to_default_sg: isOfDefault,
  revision_number: 'x.revision_number',
  created_at: 'x.created_at',
  updated_at: 'x.updated_at',
};

/** Rules of security groups as users see them (Neutron API: /v2.0/security-group-rules). */
@Injectable()
export class SecurityGroupRules {
  constructor(private readonly database: DataSource) {}

  /** One page of the rules of the caller's project, of all projects for administrators. Makes the default group first. */
  async list(caller: Caller, request: PageRequest): Promise<SecurityGroupRuleView[]> {
    if (caller.projectId) await defaultGroupId(this.database.manager, caller.projectId);
    const read = (one: PageRequest) => this.read(caller, one);
    const may = (rule: SecurityGroupRule) => allows(caller, 'get_security_group_rule', targetOf(rule));
    return this.viewsOf(await permittedPage(request, read, may));
  }

  private read(caller: Caller, request: PageRequest): Promise<SecurityGroupRule[]> {
    const query = this.database.manager.createQueryBuilder(SecurityGroupRule, 'x');
    return visiblePage('SecurityGroupRule', query, caller, columns, request);
  }

  /** Throws NotFoundError, also for a rule that the caller may not see. */
  async get(caller: Caller, id: string): Promise<SecurityGroupRuleView> {
    const [view] = await this.viewsOf([await findRule(this.database.manager, caller, id)]);
    return view!;
  }

  /**
   * Neutron API: POST /security-group-rules. Throws NotFoundError (group, remote group), PolicyDeniedError,
   * QuotaExceededError, RuleExistsError, SenselessRuleError, InvalidInputError.
   */
  async create(caller: Caller, wanted: NewSecurityGroupRule): Promise<SecurityGroupRuleView> {
    const { securityGroupId, description = '', ...rest } = wanted;
    const checked = checkedRule(rest);
    const rule = await this.database.transaction(async (tx) => {
      const group = await findGroup(tx, caller, securityGroupId, 'create_security_group_rule');
      if (checked.remoteGroupId !== null) await keepGroup(tx, caller, checked.remoteGroupId);
      await requireGroupRoom(tx, group.projectId, 'security_group_rule', 1);
      const same = (await tx.findBy(SecurityGroupRule, { securityGroupId })).find((one) => sameRule(one, checked));
      if (same) throw new RuleExistsError(same.id);
      await raiseRevision(tx, securityGroupId);
      const owned = { id: newId(), securityGroupId, projectId: group.projectId, description };
      return tx.save(tx.create(SecurityGroupRule, { ...checked, ...owned }));
    });
    return this.get(caller, rule.id);
  }

  /** Throws NotFoundError, PolicyDeniedError. */
  async delete(caller: Caller, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const rule = await findRule(tx, caller, id);
      requireAllowed(caller, 'delete_security_group_rule', targetOf(rule));
      await raiseRevision(tx, rule.securityGroupId);
      await tx.delete(SecurityGroupRule, { id });
    });
  }

  private async viewsOf(rules: SecurityGroupRule[]): Promise<SecurityGroupRuleView[]> {
    const ids = [...new Set(rules.map(({ securityGroupId }) => securityGroupId))];
    const found = ids.length
      ? await this.database.query<{ id: string }[]>(
          'SELECT id FROM security_groups WHERE id = ANY($1::uuid[]) AND is_default',
          [ids],
        )
      : [];
    const defaults = new Set(found.map(({ id }) => id));
    return rules.map((rule) => ({ ...rule, ofDefault: defaults.has(rule.securityGroupId) }));
  }
}

/** A remote group that the caller may see; it cannot be deleted before the caller's transaction ends. Throws NotFoundError. */
async function keepGroup(tx: EntityManager, caller: Caller, id: string): Promise<void> {
  await findGroup(tx, caller, id);
  const kept = await tx.query<unknown[]>('SELECT 1 FROM security_groups WHERE id = $1 FOR KEY SHARE', [id]);
  if (!kept.length) throw new NotFoundError('SecurityGroup', id);
}

async function findRule(tx: EntityManager, caller: Caller, id: string): Promise<SecurityGroupRule> {
  const rule = UUID.test(id) ? await tx.findOneBy(SecurityGroupRule, { id }) : null;
  if (!rule || !allows(caller, 'get_security_group_rule', targetOf(rule)))
    throw new NotFoundError('SecurityGroupRule', id);
  return rule;
}

/** Neutron API: a group's revision_number counts changes of its rules too. */
async function raiseRevision(tx: EntityManager, groupId: string): Promise<void> {
  await tx.update(SecurityGroup, { id: groupId }, { revisionNumber: () => 'revision_number + 1' });
}
