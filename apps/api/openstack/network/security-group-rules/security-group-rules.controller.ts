import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { Takes } from '#apps/api/http/body/body-schema';
import { given, parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { boolean, text } from '#apps/api/http/query/paging';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { SecurityGroupRules } from '#libs/networking/security-groups/security-group-rules.service';
import type { NewSecurityGroupRule } from '#libs/networking/security-groups/security-group-rules.service';
import { neutronList, neutronPage } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { SecurityGroupRuleBody } from './security-group-rule.dto.js';
import { renderRule } from './security-group-rule.renderer.js';

const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, text(name)]));

const filters: NeutronFilters = {
  columns: {
    ...texts('security_group_id', 'direction', 'ethertype', 'protocol', 'remote_ip_prefix', 'remote_group_id'),
    ...texts('port_range_min', 'port_range_max'),
    belongs_to_default_sg: boolean('belongs_to_default_sg'),
  },
  constants: { remote_address_group_id: null },
};

/** Neutron API: /v2.0/security-group-rules. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0/security-group-rules')
export class SecurityGroupRulesController {
  constructor(private readonly rules: SecurityGroupRules) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const page = neutronPage(query, filters);
    const rules = page ? await this.rules.list(caller, page) : [];
    return neutronList('security_group_rules', query, rules.map(renderRule));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { security_group_rule: renderRule(await this.rules.get(caller, id)) };
  }

  @Post()
  @Takes('security_group_rule', SecurityGroupRuleBody)
  async create(@CurrentCaller() caller: Caller, @Body() body: unknown) {
    const path = 'security_group_rule';
    const parsed = parseBody(SecurityGroupRuleBody, unwrap(body, path), { path });
    return { security_group_rule: renderRule(await this.rules.create(caller, wantedOf(parsed))) };
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    await this.rules.delete(caller, id);
  }
}

function wantedOf(body: SecurityGroupRuleBody): NewSecurityGroupRule {
  const { security_group_id: securityGroupId, direction, description, ethertype: etherType } = body;
  const ports = { portRangeMin: body.port_range_min, portRangeMax: body.port_range_max };
  const remote = { remoteIpPrefix: body.remote_ip_prefix, remoteGroupId: body.remote_group_id || null };
  const protocol = protocolOf(body.protocol);
  return given({
    securityGroupId,
    direction,
    description,
    etherType,
    protocol,
    ...ports,
    ...remote,
  }) as NewSecurityGroupRule;
}

function protocolOf(protocol: unknown): string | null {
  if (protocol === undefined || protocol === null) return null;
  if (typeof protocol === 'string' || typeof protocol === 'number') return String(protocol);
  throw new InvalidInputError('security_group_rule.protocol', 'the name or the number of a protocol');
}
