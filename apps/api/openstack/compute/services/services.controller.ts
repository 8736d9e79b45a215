import { Body, Get, Param, Put } from '@nestjs/common';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { isUp } from '#libs/fleet/hosts/host-state';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import { one, requireKnown } from '#apps/api/http/query/query';
import { Drains } from '#libs/mobility/drain/drains.service';
import { BadRequestError } from '../http/bad-request.error.js';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import type { Microversion } from '../http/microversion.js';
import { renderTime } from '../http/times.js';
import { NamedServiceDto, UpdateServiceDto } from './service.dto.js';

/** Nova API: /os-services. Each compute host is one nova-compute service. */
@ComputeController('os-services')
export class ServicesController {
  constructor(
    private readonly hosts: Hosts,
    private readonly drains: Drains,
  ) {}

  @Get()
  async list(@Compute() request: ComputeRequest) {
    const { caller, query, version } = request;
    if (version >= 75) requireKnown(query, ['host', 'binary']);
    const [name, binary] = [one(query, 'host'), one(query, 'binary')];
    const all = await this.hosts.all(caller, 'os_compute_api:os-services:list', { role: 'compute' });
    const ours = binary === undefined || binary === 'nova-compute' ? all : [];
    const found = name === undefined ? ours : ours.filter((host) => host.name === name);
    return { services: found.map((host) => renderService(host, version, new Date())) };
  }

  /** Up to 2.52 the path's last part names the action, from 2.53 on the service. */
  @Put(':id')
  @TakesBare(UpdateServiceDto)
  async update(@Compute() request: ComputeRequest, @Param('id') id: string, @Body() body: unknown) {
    const { caller } = request;
    if (request.version < 53)
      return this.act(caller, id, parseBody(NamedServiceDto, body, { version: request.version }));
    const dto = parseBody(UpdateServiceDto, body, { version: request.version });
    if (dto.disabled_reason !== undefined && dto.status !== 'disabled')
      throw new BadRequestError("Specifying disabled_reason requires that status be 'disabled'.");
    let host = await this.hosts.get(caller, 'os_compute_api:os-services:update', id);
    if (dto.status === 'enabled') host = await this.drains.letIn(caller, host.id);
    if (dto.status === 'disabled') host = await this.hosts.disable(caller, host.id, dto.disabled_reason ?? null);
    if (dto.forced_down !== undefined) host = await this.hosts.setForcedDown(caller, host.id, dto.forced_down);
    return { service: renderService(host, request.version, new Date()) };
  }

  private async act(caller: Caller, action: string, dto: NamedServiceDto) {
    const named = { host: dto.host, binary: dto.binary };
    switch (action) {
      case 'enable':
        await this.drains.letIn(caller, dto.host);
        return { service: { ...named, status: 'enabled' } };
      case 'disable':
        await this.hosts.disable(caller, dto.host);
        return { service: { ...named, status: 'disabled' } };
      case 'disable-log-reason':
        await this.hosts.disable(caller, dto.host, dto.disabled_reason ?? null);
        return { service: { ...named, status: 'disabled', disabled_reason: dto.disabled_reason } };
      case 'force-down':
        await this.hosts.setForcedDown(caller, dto.host, dto.forced_down ?? false);
        return { service: { ...named, forced_down: dto.forced_down ?? false } };
      default:
        throw new NotFoundError('Action', action);
    }
  }
}

function renderService(host: Host, version: Microversion, now: Date) {
  return {
    id: version >= 53 ? host.id : host.serial,
    binary: 'nova-compute',
    host: host.name,
    zone: host.availabilityZone,
    status: host.enabled ? 'enabled' : 'disabled',
    state: isUp(host, now) ? 'up' : 'down',
    updated_at: renderTime(host.updatedAt, 'micro'),
    disabled_reason: host.disabledReason,
    ...(version >= 11 && { forced_down: host.forcedDown }),
  };
}
