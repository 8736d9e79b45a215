import { Body, Delete, Get, HttpCode, Param, Post, Put, Res } from '@nestjs/common';
import type { Response } from 'express';
import { InstanceActions } from '#libs/compute/instances/actions/instance-actions';
import { InstanceCreation } from '#libs/compute/instances/create/instance-creation';
import { Instances } from '#libs/compute/instances/instances';
import type { NewInstance } from '#libs/compute/instances/create/new-instance';
import { ServerGroups } from '#libs/compute/server-groups/server-groups';
import { Takes } from '#apps/api/http/body/body-schema';
import { parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { nextLinks, serverLinks } from '../http/links.js';
import { CreateServerDto } from './create-server.dto.js';
import { newInstanceOf } from './new-instance.parser.js';
import { searchOf } from './server-list.query.js';
import { renderServer, renderServerSummary } from './server.renderer.js';
import { UpdateServerDto } from './update-server.dto.js';

/** Nova API: /servers */
@ComputeController('servers')
export class ServersController {
  constructor(
    private readonly instances: Instances,
    private readonly creation: InstanceCreation,
    private readonly actions: InstanceActions,
    private readonly groups: ServerGroups,
  ) {}

  @Post()
  @Takes('server', CreateServerDto)
  @HttpCode(202)
  async create(
    @Compute() request: ComputeRequest,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ) {
    const dto = parseBody(CreateServerDto, unwrap(body, 'server'), { version: request.version });
    const wanted: NewInstance = newInstanceOf(dto, body as Record<string, unknown>, request.version);
    const [first] = await this.creation.create(request.caller, wanted);
    if (dto.return_reservation_id) return { reservation_id: `r-${first!.id.slice(0, 8)}` };
    response.location(`${request.base}/servers/${first!.id}`);
    const { id } = first!;
    const securityGroups = dto.security_groups ?? [{ name: 'default' }];
    return {
      server: {
        id,
        links: serverLinks(request.base, id),
        'OS-DCF:diskConfig': 'MANUAL',
        security_groups: securityGroups,
      },
    };
  }

  @Get()
  async list(@Compute() request: ComputeRequest) {
    const search = searchOf(request);
    const found = await this.instances.list(request.caller, search);
    const next = nextLinks(request.url, request.query, found, search.page.limit);
    return {
      servers: found.map((instance) => renderServerSummary(instance, request)),
      ...(next.length && { servers_links: next }),
    };
  }

  @Get('detail')
  async detail(@Compute() request: ComputeRequest) {
    const search = searchOf(request);
    const found = await this.instances.listViews(request.caller, search);
    const next = nextLinks(
      request.url,
      request.query,
      found.map(({ instance }) => instance),
      search.page.limit,
    );
    return { servers: found.map((view) => renderServer(view, request)), ...(next.length && { servers_links: next }) };
  }

  @Get(':id')
  async show(@Compute() request: ComputeRequest, @Param('id') id: string) {
    const view = await this.instances.getView(request.caller, id);
    const server = renderServer(view, request);
    if (request.version < 71) return { server };
    return { server: { ...server, server_groups: await this.groups.ofInstance(request.caller, view.instance) } };
  }

  @Put(':id')
  @Takes('server', UpdateServerDto)
  async update(@Compute() request: ComputeRequest, @Param('id') id: string, @Body() body: unknown) {
    const dto = parseBody(UpdateServerDto, unwrap(body, 'server'), { version: request.version });
    const { name, description, hostname } = dto;
    const view = await this.instances.update(request.caller, id, { name: name?.trim(), description, hostname });
    return { server: renderServer(view, request) };
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@Compute() request: ComputeRequest, @Param('id') id: string): Promise<void> {
    await this.actions.delete(request.caller, id, false);
  }
}
