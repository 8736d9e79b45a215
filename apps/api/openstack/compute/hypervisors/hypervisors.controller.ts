import { Get, Param } from '@nestjs/common';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { HostInstances } from '#libs/compute/instances/read/host-instances';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import type { HostRule } from '#libs/fleet/hosts/hosts.service';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { nextLinks } from '../http/links.js';
import { NotImplementedError } from '../http/compute.errors.js';
import { limitOf } from '#apps/api/http/query/paging';
import { flag, one, requireKnown } from '#apps/api/http/query/query';
import { renderHypervisor, renderHypervisorSummary, renderStatistics } from './hypervisor.renderer.js';

const LIST = 'os_compute_api:os-hypervisors:list';
const DETAIL = 'os_compute_api:os-hypervisors:list-detail';
const STATISTICS = 'os_compute_api:os-hypervisors:statistics';
const SHOW = 'os_compute_api:os-hypervisors:show';
const SERVERS = 'os_compute_api:os-hypervisors:servers';

/** Nova API: /os-hypervisors. A compute host is its only hypervisor. */
@ComputeController('os-hypervisors')
export class HypervisorsController {
  constructor(
    private readonly hosts: Hosts,
    private readonly instances: HostInstances,
  ) {}

  @Get()
  async list(@Compute() request: ComputeRequest) {
    const { found, servers, next } = await this.page(request, LIST);
    const context = { version: request.version, now: new Date() };
    const hypervisors = found.map((host) => renderHypervisorSummary(host, context, servers));
    return { hypervisors, ...(next.length && { hypervisors_links: next }) };
  }

  @Get('detail')
  async detail(@Compute() request: ComputeRequest) {
    const { found, servers, next } = await this.page(request, DETAIL);
    const running = await this.instances.countByHost(
      request.caller,
      DETAIL,
      found.map(({ id }) => id),
    );
    const context = { version: request.version, now: new Date(), running };
    const hypervisors = found.map((host) => renderHypervisor(host, context, servers));
    return { hypervisors, ...(next.length && { hypervisors_links: next }) };
  }

  @Get('statistics')
  async statistics(@Compute() request: ComputeRequest) {
    if (request.version >= 88) throw new NotFoundError('Resource', 'statistics');
    const { caller } = request;
    const hosts = await this.hosts.all(caller, STATISTICS, { role: 'compute' });
    return { hypervisor_statistics: renderStatistics(hosts, await this.instances.count(caller, STATISTICS)) };
  }

  @Get(':id')
  async show(@Compute() request: ComputeRequest, @Param('id') id: string) {
    if (request.version >= 53) requireKnown(request.query, ['with_servers']);
    const { caller } = request;
    const host = await this.hypervisor(caller, SHOW, id);
    const wanted = request.version >= 53 && flag(request.query, 'with_servers');
    const servers = wanted ? await this.instances.byHost(caller, SHOW, [host.id]) : undefined;
    const running = await this.instances.countByHost(caller, SHOW, [host.id]);
    return { hypervisor: renderHypervisor(host, { version: request.version, now: new Date(), running }, servers) };
  }

  @Get(':id/uptime')
  async uptime(@Compute() { caller }: ComputeRequest, @Param('id') id: string) {
    await this.hypervisor(caller, 'os_compute_api:os-hypervisors:uptime', id);
    throw new NotImplementedError('Virt driver does not implement uptime function.');
  }

  /** Nova API: up to 2.52. */
  @Get(':pattern/search')
  async search(@Compute() request: ComputeRequest, @Param('pattern') pattern: string) {
    const hosts = await this.matching(request.caller, 'os_compute_api:os-hypervisors:search', pattern);
    const context = { version: request.version, now: new Date() };
    return { hypervisors: hosts.map((host) => renderHypervisorSummary(host, context)) };
  }

  /** Nova API: up to 2.52. */
  @Get(':pattern/servers')
  async servers(@Compute() request: ComputeRequest, @Param('pattern') pattern: string) {
    const { caller } = request;
    const hosts = await this.matching(caller, SERVERS, pattern);
    const servers = await this.instances.byHost(
      caller,
      SERVERS,
      hosts.map(({ id }) => id),
    );
    const context = { version: request.version, now: new Date() };
    return { hypervisors: hosts.map((host) => renderHypervisorSummary(host, context, servers)) };
  }

  private async page(request: ComputeRequest, rule: HostRule) {
    const { caller, query, version, url } = request;
    if (version >= 53) requireKnown(query, ['limit', 'marker', 'hypervisor_hostname_pattern', 'with_servers']);
    const limit = limitOf(query);
    const namePattern = version >= 53 ? one(query, 'hypervisor_hostname_pattern') : undefined;
    const marker = version >= 33 ? one(query, 'marker') : undefined;
    const found = await this.hosts.list(caller, rule, { role: 'compute', namePattern, marker, limit });
    if (namePattern !== undefined && !found.length) throw new NotFoundError('Hypervisor', namePattern);
    const wanted = version >= 53 && flag(query, 'with_servers');
    const ids = found.map(({ id }) => id);
    const servers = wanted ? await this.instances.byHost(caller, rule, ids) : undefined;
    const pages = found.map(({ id, serial }) => ({ id: version >= 53 ? id : serial }));
    return { found, servers, next: version >= 33 ? nextLinks(url, query, pages, limit) : [] };
  }

  private async hypervisor(caller: Caller, rule: HostRule, id: string): Promise<Host> {
    const host = await this.hosts.get(caller, rule, id);
    if (host.role !== 'compute') throw new NotFoundError('Hypervisor', id);
    return host;
  }

  private async matching(caller: Caller, rule: HostRule, namePattern: string): Promise<Host[]> {
    const hosts = await this.hosts.all(caller, rule, { role: 'compute', namePattern });
    if (!hosts.length) throw new NotFoundError('Hypervisor', namePattern);
    return hosts;
  }
}
