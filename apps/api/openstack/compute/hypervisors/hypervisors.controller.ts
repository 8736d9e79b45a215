import { Get, Param } from '@nestjs/common';
import { NotFoundError } from '#libs/common/errors';
import { HostInstances } from '#libs/compute/instances/read/host-instances';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { nextLinks } from '../http/links.js';
import { NotImplementedError } from '../http/compute.errors.js';
import { limitOf } from '#apps/api/http/query/paging';
import { flag, one, requireKnown } from '#apps/api/http/query/query';
import { renderHypervisor, renderHypervisorSummary, renderStatistics } from './hypervisor.renderer.js';

/** Nova API: /os-hypervisors. A compute host and its hypervisor are one here. */
@ComputeController('os-hypervisors')
export class HypervisorsController {
  constructor(
    private readonly hosts: Hosts,
    private readonly instances: HostInstances,
  ) {}

  @Get()
  async list(@Compute() request: ComputeRequest) {
    const { found, servers, next } = await this.page(request);
    const context = { version: request.version, now: new Date() };
    const hypervisors = found.map((host) => renderHypervisorSummary(host, context, servers));
    return { hypervisors, ...(next.length && { hypervisors_links: next }) };
  }

  @Get('detail')
  async detail(@Compute() request: ComputeRequest) {
    const { found, servers, next } = await this.page(request);
    const running = await this.instances.countByHost(found.map(({ id }) => id));
    const context = { version: request.version, now: new Date(), running };
    const hypervisors = found.map((host) => renderHypervisor(host, context, servers));
    return { hypervisors, ...(next.length && { hypervisors_links: next }) };
  }

  @Get('statistics')
  async statistics(@Compute() request: ComputeRequest) {
    if (request.version >= 88) throw new NotFoundError('Resource', 'statistics');
    const hosts = await this.hosts.all({ role: 'compute' });
    return { hypervisor_statistics: renderStatistics(hosts, await this.instances.count()) };
  }

  @Get(':id')
  async show(@Compute() request: ComputeRequest, @Param('id') id: string) {
    if (request.version >= 53) requireKnown(request.query, ['with_servers']);
    const host = await this.hypervisor(id);
    const wanted = request.version >= 53 && flag(request.query, 'with_servers');
    const servers = wanted ? await this.instances.byHost([host.id]) : undefined;
    const running = await this.instances.countByHost([host.id]);
    return { hypervisor: renderHypervisor(host, { version: request.version, now: new Date(), running }, servers) };
  }

  @Get(':id/uptime')
  async uptime(@Compute() _request: ComputeRequest, @Param('id') id: string) {
    await this.hypervisor(id);
    throw new NotImplementedError('Virt driver does not implement uptime function.');
  }

  /** Nova API: up to 2.52. */
  @Get(':pattern/search')
  async search(@Compute() request: ComputeRequest, @Param('pattern') pattern: string) {
    const hosts = await this.matching(pattern);
    const context = { version: request.version, now: new Date() };
    return { hypervisors: hosts.map((host) => renderHypervisorSummary(host, context)) };
  }

  /** Nova API: up to 2.52. */
  @Get(':pattern/servers')
  async servers(@Compute() request: ComputeRequest, @Param('pattern') pattern: string) {
    const hosts = await this.matching(pattern);
    const servers = await this.instances.byHost(hosts.map(({ id }) => id));
    const context = { version: request.version, now: new Date() };
    return { hypervisors: hosts.map((host) => renderHypervisorSummary(host, context, servers)) };
  }

  private async page(request: ComputeRequest) {
    const { query, version, url } = request;
    if (version >= 53) requireKnown(query, ['limit', 'marker', 'hypervisor_hostname_pattern', 'with_servers']);
    const limit = limitOf(query);
    const namePattern = version >= 53 ? one(query, 'hypervisor_hostname_pattern') : undefined;
    const marker = version >= 33 ? one(query, 'marker') : undefined;
    const found = await this.hosts.list({ role: 'compute', namePattern, marker, limit });
    if (namePattern !== undefined && !found.length) throw new NotFoundError('Hypervisor', namePattern);
    const wanted = version >= 53 && flag(query, 'with_servers');
    const servers = wanted ? await this.instances.byHost(found.map(({ id }) => id)) : undefined;
    const pages = found.map(({ id, serial }) => ({ id: version >= 53 ? id : serial }));
    return { found, servers, next: version >= 33 ? nextLinks(url, query, pages, limit) : [] };
  }

  private async hypervisor(id: string): Promise<Host> {
    const host = await this.hosts.get(id);
    if (host.role !== 'compute') throw new NotFoundError('Hypervisor', id);
    return host;
  }

  private async matching(namePattern: string): Promise<Host[]> {
    const hosts = await this.hosts.all({ role: 'compute', namePattern });
    if (!hosts.length) throw new NotFoundError('Hypervisor', namePattern);
    return hosts;
  }
}
