import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { Takes } from '#apps/api/http/body/body-schema';
import { given, parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { text } from '#apps/api/http/query/paging';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { RbacPolicies } from '#libs/networking/rbac-policies/rbac-policies.service';
import { neutronList, neutronPage } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { NewRbacPolicyBody, RbacPolicyBody } from './rbac-policy.dto.js';
import { renderRbacPolicy } from './rbac-policy.renderer.js';

const filters: NeutronFilters = {
  columns: {
    object_type: text('object_type'),
    object_id: text('object_id'),
    action: text('action'),
    target_tenant: text('target_project'),
    target_project: text('target_project'),
  },
};

/** Neutron API: /v2.0/rbac-policies. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0/rbac-policies')
export class RbacPoliciesController {
  constructor(private readonly policies: RbacPolicies) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const page = neutronPage(query, filters);
    const rows = page ? await this.policies.list(caller, page) : [];
    return neutronList('rbac_policies', query, rows.map(renderRbacPolicy));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { rbac_policy: renderRbacPolicy(await this.policies.get(caller, id)) };
  }

  @Post()
  @Takes('rbac_policy', NewRbacPolicyBody)
  async create(@CurrentCaller() caller: Caller, @Body() body: unknown) {
    const parsed = parseBody(NewRbacPolicyBody, unwrap(body, 'rbac_policy'), { path: 'rbac_policy' });
    const { object_type: objectType, object_id: objectId, action } = parsed;
    const projectId = parsed.project_id ?? parsed.tenant_id;
    const wanted = given({ objectType, objectId, action, targetProject: targetOf(parsed), projectId });
    return { rbac_policy: renderRbacPolicy(await this.policies.create(caller, wanted)) };
  }

  @Put(':id')
  @Takes('rbac_policy', RbacPolicyBody)
  async update(@CurrentCaller() caller: Caller, @Param('id') id: string, @Body() body: unknown) {
    const parsed = parseBody(RbacPolicyBody, unwrap(body, 'rbac_policy'), { path: 'rbac_policy' });
    return { rbac_policy: renderRbacPolicy(await this.policies.update(caller, id, targetOf(parsed))) };
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    await this.policies.delete(caller, id);
  }
}

function targetOf({ target_project, target_tenant }: RbacPolicyBody): string {
  const target = target_project ?? target_tenant;
  if (target === undefined) throw new InvalidInputError('rbac_policy.target_tenant', 'the id of a project, or *');
  return target;
}
