import { allows } from '#libs/policy/policy';
import { Controller, Delete, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { text } from '#apps/api/http/query/paging';
import { many } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { NotFoundError, QuotaExceededError } from '#libs/common/errors';
import { DefaultSecurityGroupError } from '#libs/networking/networking.errors';
import { defaultSecurityGroup } from '#libs/networking/security-groups/default-security-group';
import type { SecurityGroup, SecurityGroupRule } from '#libs/networking/security-groups/default-security-group';
import { neutronItems, neutronList } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';

const groupFilters: NeutronFilters = { columns: {}, constants: { shared: false, stateful: true } };

const ruleFilters: NeutronFilters = {
  columns: { security_group_id: text('security_group_id'), direction: text('direction'), ethertype: text('ethertype') },
  constants: {
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_group_id: null,
    remote_address_group_id: null,
    belongs_to_default_sg: true,
  },
};

/**
 * Neutron API: /v2.0/security-groups and /v2.0/security-group-rules. Each project has its default group, read-only;
 * there are no others.
 */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0')
export class SecurityGroupsController {
  @Get('security-groups')
  list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const groups = [renderGroup(defaultSecurityGroup(projectOf(caller, query)))];
    return neutronList('security_groups', query, neutronItems('SecurityGroup', query, groupFilters, groups));
  }

  @Get('security-groups/:id')
  show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { security_group: renderGroup(own(caller, id)) };
  }

  @Post('security-groups')
  create(): never {
    throw new QuotaExceededError('security_group', 1, 1, 1);
  }

  @Delete('security-groups/:id')
  @HttpCode(204)
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): never {
    own(caller, id);
    throw new DefaultSecurityGroupError();
  }

  @Get('security-group-rules')
  listRules(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const rules = defaultSecurityGroup(projectOf(caller, query)).rules.map(renderRule);
    return neutronList('security_group_rules', query, neutronItems('SecurityGroupRule', query, ruleFilters, rules));
  }

  @Get('security-group-rules/:id')
  showRule(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    const rule = defaultSecurityGroup(caller.projectId).rules.find((one) => one.id === id);
    if (!rule) throw new NotFoundError('SecurityGroupRule', id);
    return { security_group_rule: renderRule(rule) };
  }

  @Post('security-group-rules')
  createRule(): never {
    throw new QuotaExceededError('security_group_rule', 1, 4, 4);
  }
}

/** The project that is asked about: the caller's, or another where an administrator names it. */
function projectOf(caller: Caller, query: ListQuery): string {
  const [asked] = [...many(query, 'project_id'), ...many(query, 'tenant_id')];
  const allowed = asked !== undefined && allows(caller, 'get_security_group', { project_id: asked });
  return allowed ? asked : caller.projectId;
}

function own({ projectId }: Caller, id: string): SecurityGroup {
  const group = defaultSecurityGroup(projectId);
  if (group.id !== id) throw new NotFoundError('SecurityGroup', id);
  return group;
}

const owner = (projectId: string) => ({ project_id: projectId, tenant_id: projectId });

function renderGroup({ id, projectId, name, rules }: SecurityGroup) {
  const security_group_rules = rules.map(renderRule);
  const description = 'Everything may come and go';
  return { id, ...owner(projectId), name, description, stateful: true, shared: false, tags: [], security_group_rules };
}

function renderRule({ id, projectId, groupId, direction, etherType }: SecurityGroupRule) {
  return {
    id,
    ...owner(projectId),
    security_group_id: groupId,
    direction,
    ethertype: etherType,
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
    remote_group_id: null,
    description: '',
  };
}
