import { Body, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ServerGroups } from '#libs/compute/server-groups/server-groups';
import type { ServerGroupView } from '#libs/compute/server-groups/server-groups';
import { Takes } from '#apps/api/http/body/body-schema';
import { parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { InputError } from '#apps/api/http/input/input-error';
import { limitOf } from '#apps/api/http/query/paging';
import { flag, integerIn, requireKnown } from '#apps/api/http/query/query';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import type { Microversion } from '../http/microversion.js';
import { CreateServerGroupDto } from './server-group.dto.js';

/** Nova API: /os-server-groups */
@ComputeController('os-server-groups')
export class ServerGroupsController {
  constructor(private readonly groups: ServerGroups) {}

  @Get()
  async list(@Compute() { caller, query, version }: ComputeRequest) {
    if (version >= 75) requireKnown(query, ['all_projects', 'limit', 'offset']);
    const page = {
      limit: limitOf(query),
      offset: integerIn(query, 'offset', 0) ?? 0,
      allProjects: flag(query, 'all_projects'),
    };
    const found = await this.groups.list(caller, page);
    return { server_groups: found.map((group) => render(group, version)) };
  }

  @Get(':id')
  async show(@Compute() { caller, version }: ComputeRequest, @Param('id') id: string) {
    return { server_group: render(await this.groups.get(caller, id), version) };
  }

  @Post()
  @Takes('server_group', CreateServerGroupDto)
  @HttpCode(200)
  async create(@Compute() { caller, version }: ComputeRequest, @Body() body: unknown) {
    const dto = parseBody(CreateServerGroupDto, unwrap(body, 'server_group'), { version });
    const policy = version >= 64 ? dto.policy : dto.policies?.[0];
    if (!policy) {
      const field = version >= 64 ? 'policy' : 'policies';
      throw new InputError(field, undefined, `'${field}' is a required property`);
    }
    const group = await this.groups.create(caller, {
      name: dto.name.trim(),
      policy,
      maxServerPerHost: maxPerHost(dto.rules),
    });
    return { server_group: render(group, version) };
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@Compute() { caller }: ComputeRequest, @Param('id') id: string): Promise<void> {
    await this.groups.delete(caller, id);
  }
}

function maxPerHost(rules: Record<string, unknown> = {}): number | undefined {
  const { max_server_per_host: most, ...others } = rules;
  if (Object.keys(others).length) throw new InputError('rules', rules, 'only max_server_per_host is expected');
  if (most === undefined) return undefined;
  if (!Number.isInteger(Number(most)) || Number(most) < 1)
    throw new InputError('max_server_per_host', most, 'a positive integer is expected');
  return Number(most);
}

function render(group: ServerGroupView, version: Microversion) {
  const { id, name, policy, members, projectId, userId, maxServerPerHost } = group;
  return {
    id,
    name,
    members,
    ...(version < 64
      ? { policies: [policy], metadata: {} }
      : { policy, rules: maxServerPerHost === null ? {} : { max_server_per_host: maxServerPerHost } }),
    ...(version >= 13 && { project_id: projectId, user_id: userId }),
  };
}
