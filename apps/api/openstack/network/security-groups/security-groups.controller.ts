import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { Takes } from '#apps/api/http/body/body-schema';
import { given, parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { boolean } from '#apps/api/http/query/paging';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { SecurityGroups } from '#libs/networking/security-groups/security-groups.service';
import { IfMatch } from '../http/if-match.js';
import { neutronList, neutronPage } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { requireUnchanged } from '../http/require-unchanged.js';
import { SecurityGroupBody } from './security-group.dto.js';
import { renderGroup } from './security-group.renderer.js';

const filters: NeutronFilters = {
  standard: true,
  columns: { stateful: boolean('stateful') },
  constants: { shared: false },
};

/** Neutron API: /v2.0/security-groups. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0/security-groups')
export class SecurityGroupsController {
  constructor(private readonly groups: SecurityGroups) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const page = neutronPage(query, filters);
    const groups = page ? await this.groups.list(caller, page) : [];
    return neutronList('security_groups', query, groups.map(renderGroup));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { security_group: renderGroup(await this.groups.get(caller, id)) };
  }

  @Post()
  @Takes('security_group', SecurityGroupBody)
  async create(@CurrentCaller() caller: Caller, @Body() body: unknown) {
    const parsed = parseBody(SecurityGroupBody, unwrap(body, 'security_group'), { path: 'security_group' });
    const { name, description, stateful } = parsed;
    const wanted = given({ name, description, stateful, projectId: parsed.project_id ?? parsed.tenant_id });
    return { security_group: renderGroup(await this.groups.create(caller, wanted)) };
  }

  @Put(':id')
  @Takes('security_group', SecurityGroupBody)
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: unknown,
    @IfMatch() revision?: number,
  ) {
    const parsed = parseBody(SecurityGroupBody, unwrap(body, 'security_group'), { path: 'security_group' });
    requireUnchanged(parsed, ['project_id', 'tenant_id']);
    const { name, description, stateful } = parsed;
    const change = given({ name, description, stateful });
    return { security_group: renderGroup(await this.groups.update(caller, id, change, revision)) };
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string, @IfMatch() revision?: number) {
    await this.groups.delete(caller, id, revision);
  }
}
