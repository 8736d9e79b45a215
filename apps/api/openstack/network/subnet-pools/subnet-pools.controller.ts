import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { Takes } from '#apps/api/http/body/body-schema';
import { given, parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { boolean, integer } from '#apps/api/http/query/paging';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { SubnetPoolService } from '#libs/networking/subnet-pools/subnet-pools.service';
import type { SubnetPoolChange } from '#libs/networking/subnet-pools/subnet-pools.service';
import { IfMatch } from '../http/if-match.js';
import { neutronList, neutronPage } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { requireUnchanged } from '../http/require-unchanged.js';
import { SubnetPoolBody } from './subnet-pool.dto.js';
import { renderSubnetPool } from './subnet-pool.renderer.js';

const integers = ['ip_version', 'default_prefixlen', 'min_prefixlen', 'max_prefixlen', 'default_quota'];

const filters: NeutronFilters = {
  standard: true,
  columns: {
    shared: boolean('shared'),
    is_default: boolean('is_default'),
    ...Object.fromEntries(integers.map((name) => [name, integer(name)])),
  },
  constants: { address_scope_id: null },
};

/** Neutron API: /v2.0/subnetpools. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0/subnetpools')
export class SubnetPoolsController {
  constructor(private readonly pools: SubnetPoolService) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const page = neutronPage(query, filters);
    const rows = page ? await this.pools.list(caller, page) : [];
    return neutronList('subnetpools', query, rows.map(renderSubnetPool));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { subnetpool: renderSubnetPool(await this.pools.get(caller, id)) };
  }

  @Post()
  @Takes('subnetpool', SubnetPoolBody)
  async create(@CurrentCaller() caller: Caller, @Body() body: unknown) {
    const parsed = parseBody(SubnetPoolBody, unwrap(body, 'subnetpool'), { path: 'subnetpool' });
    const { prefixes, shared } = parsed;
    if (!prefixes) throw new InvalidInputError('subnetpool.prefixes', 'a list of prefixes');
    const projectId = parsed.project_id ?? parsed.tenant_id;
    const wanted = given({ ...changeOf(parsed), prefixes, shared, projectId });
    return { subnetpool: renderSubnetPool(await this.pools.create(caller, wanted)) };
  }

  @Put(':id')
  @Takes('subnetpool', SubnetPoolBody)
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: unknown,
    @IfMatch() revision?: number,
  ) {
    const parsed = parseBody(SubnetPoolBody, unwrap(body, 'subnetpool'), { path: 'subnetpool' });
    requireUnchanged(parsed, ['shared', 'project_id', 'tenant_id']);
    return { subnetpool: renderSubnetPool(await this.pools.update(caller, id, changeOf(parsed), revision)) };
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string, @IfMatch() revision?: number) {
    await this.pools.delete(caller, id, revision);
  }
}

function changeOf(body: SubnetPoolBody): SubnetPoolChange {
  const { name, description, prefixes } = body;
  return given({
    name,
    description,
    prefixes,
    defaultPrefix: body.default_prefixlen,
    minPrefix: body.min_prefixlen,
    maxPrefix: body.max_prefixlen,
    defaultQuota: body.default_quota,
    isDefault: body.is_default,
  });
}
