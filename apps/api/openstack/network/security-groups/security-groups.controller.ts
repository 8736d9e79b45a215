import { Controller, Delete, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { text } from '#apps/api/http/query/paging';
import { many } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { SecurityGroups } from '#libs/networking/security-groups/security-groups.service';
import { neutronItems, neutronList } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { renderGroup, renderRule } from './security-group.renderer.js';

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
  constructor(private readonly groups: SecurityGroups) {}

  @Get('security-groups')
  list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const groups = this.groups.list(caller, projectOf(query)).map(renderGroup);
    return neutronList('security_groups', query, neutronItems('SecurityGroup', query, groupFilters, groups));
  }

  @Get('security-groups/:id')
  show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { security_group: renderGroup(this.groups.get(caller, id)) };
  }

  @Post('security-groups')
  create(@CurrentCaller() caller: Caller): never {
    return this.groups.create(caller);
  }

  @Delete('security-groups/:id')
  @HttpCode(204)
  delete(@CurrentCaller() caller: Caller, @Param('id') id: string): never {
    return this.groups.delete(caller, id);
  }

  @Get('security-group-rules')
  listRules(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const rules = this.groups.rules(caller, projectOf(query)).map(renderRule);
    return neutronList('security_group_rules', query, neutronItems('SecurityGroupRule', query, ruleFilters, rules));
  }

  @Get('security-group-rules/:id')
  showRule(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { security_group_rule: renderRule(this.groups.rule(caller, id)) };
  }

  @Post('security-group-rules')
  createRule(@CurrentCaller() caller: Caller): never {
    return this.groups.createRule(caller);
  }
}

/** The project that is asked about: the caller's, or another where an administrator names it. */
function projectOf(query: ListQuery): string | undefined {
  return [...many(query, 'project_id'), ...many(query, 'tenant_id')][0];
}
