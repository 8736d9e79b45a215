import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { Takes } from '#apps/api/http/body/body-schema';
import { given, parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { boolean, integer, text } from '#apps/api/http/query/paging';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { Subnets } from '#libs/networking/subnets/subnets.service';
import type { SubnetChange } from '#libs/networking/subnets/subnets.service';
import { requireUnchanged } from '../http/require-unchanged.js';
import { SubnetBody } from './subnet.dto.js';
import { IfMatch } from '../http/if-match.js';
import { neutronList, neutronPage } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { renderSubnet } from './subnet.renderer.js';

const filters: NeutronFilters = {
  standard: true,
  columns: {
    network_id: text('network_id'),
    ip_version: integer('ip_version'),
    cidr: text('cidr'),
    subnetpool_id: text('subnetpool_id'),
    gateway_ip: text('gateway_ip'),
    enable_dhcp: boolean('enable_dhcp'),
    shared: boolean('shared'),
  },
  constants: {
    ipv6_address_mode: null,
    ipv6_ra_mode: null,
    segment_id: null,
    service_types: null,
    dns_publish_fixed_ip: false,
  },
};

/** What stays as it was made. */
const fixed = [
  ...(['network_id', 'cidr', 'ip_version', 'allocation_pools', 'project_id', 'tenant_id'] as const),
  ...(['subnetpool_id', 'use_default_subnetpool', 'prefixlen'] as const),
];

/** Neutron API: /v2.0/subnets. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0/subnets')
export class SubnetsController {
  constructor(private readonly subnets: Subnets) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const page = neutronPage(query, filters);
    const rows = page ? await this.subnets.list(caller, page) : [];
    return neutronList('subnets', query, rows.map(renderSubnet));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { subnet: renderSubnet(await this.subnets.get(caller, id)) };
  }

  @Post()
  @Takes('subnet', SubnetBody)
  async create(@CurrentCaller() caller: Caller, @Body() body: unknown) {
    const parsed = parseBody(SubnetBody, unwrap(body, 'subnet'), { path: 'subnet' });
    const { network_id: networkId, cidr, ip_version: ipVersion, allocation_pools: allocationPools } = parsed;
    if (networkId === undefined) throw new InvalidInputError('subnet.network_id', 'the id of a network');
    const pool = { subnetPoolId: parsed.subnetpool_id, useDefaultPool: parsed.use_default_subnetpool };
    const prefix = { cidr, ipVersion, prefixLength: parsed.prefixlen, ...pool };
    const projectId = parsed.project_id ?? parsed.tenant_id;
    const wanted = given({ ...changeOf(parsed), networkId, projectId, ...prefix, allocationPools });
    return { subnet: renderSubnet(await this.subnets.create(caller, wanted)) };
  }

  @Put(':id')
  @Takes('subnet', SubnetBody)
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: unknown,
    @IfMatch() revision?: number,
  ) {
    const parsed = parseBody(SubnetBody, unwrap(body, 'subnet'), { path: 'subnet' });
    requireUnchanged(parsed, fixed);
    return { subnet: renderSubnet(await this.subnets.update(caller, id, changeOf(parsed), revision)) };
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string, @IfMatch() revision?: number) {
    await this.subnets.delete(caller, id, revision);
  }
}

function changeOf(body: SubnetBody): SubnetChange {
  const { name, description, gateway_ip, enable_dhcp, dns_nameservers, host_routes } = body;
  const settings = { enableDhcp: enable_dhcp, dnsNameservers: dns_nameservers, hostRoutes: host_routes };
  return given({ name, description, gatewayIp: gateway_ip, ...settings });
}
