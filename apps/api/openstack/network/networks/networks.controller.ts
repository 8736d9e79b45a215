import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { Takes } from '#apps/api/http/body/body-schema';
import { given, parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { boolean, integer } from '#apps/api/http/query/paging';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { Networks } from '#libs/networking/networks/networks.service';
import type { NewNetwork } from '#libs/networking/networks/networks.service';
import { NetworkBody } from './network.dto.js';
import { requireUnchanged } from '../http/require-unchanged.js';
import { IfMatch } from '../http/if-match.js';
import { adminState, neutronList, neutronPage } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { renderNetwork } from './network.renderer.js';

const filters: NeutronFilters = {
  standard: true,
  columns: {
    admin_state_up: adminState,
    shared: boolean('shared'),
    mtu: integer('mtu'),
    'provider:segmentation_id': integer('vni'),
    port_security_enabled: boolean('port_security_enabled'),
  },
  // No network is external.
  constants: {
    status: 'ACTIVE',
    'router:external': false,
    is_default: false,
    'provider:network_type': 'vxlan',
    'provider:physical_network': null,
    ipv4_address_scope: null,
    ipv6_address_scope: null,
  },
};

/** Neutron API: /v2.0/networks. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0/networks')
export class NetworksController {
  constructor(private readonly networks: Networks) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const page = neutronPage(query, filters);
    const rows = page ? await this.networks.list(caller, page) : [];
    return neutronList('networks', query, rows.map(renderNetwork));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { network: renderNetwork(await this.networks.get(caller, id)) };
  }

  @Post()
  @Takes('network', NetworkBody)
  async create(@CurrentCaller() caller: Caller, @Body() body: unknown) {
    const wanted = networkOf(parseBody(NetworkBody, unwrap(body, 'network'), { path: 'network' }));
    return { network: renderNetwork(await this.networks.create(caller, wanted)) };
  }

  @Put(':id')
  @Takes('network', NetworkBody)
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: unknown,
    @IfMatch() revision?: number,
  ) {
    const parsed = parseBody(NetworkBody, unwrap(body, 'network'), { path: 'network' });
    requireUnchanged(parsed, ['project_id', 'tenant_id', 'provider:segmentation_id']);
    const network = await this.networks.update(caller, id, networkOf(parsed), revision);
    return { network: renderNetwork(network) };
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string, @IfMatch() revision?: number) {
    await this.networks.delete(caller, id, revision);
  }
}

function networkOf(parsed: NetworkBody): NewNetwork {
  const vni = parsed['provider:segmentation_id'];
  const projectId = parsed.project_id ?? parsed.tenant_id;
  if ((parsed['provider:network_type'] ?? 'vxlan') !== 'vxlan')
    throw new InvalidInputError('provider:network_type', 'vxlan');
  if (parsed['router:external'])
    throw new InvalidInputError('router:external', 'false: there are no external networks');
  const { name, description, shared, mtu } = parsed;
  const [adminStateUp, portSecurityEnabled] = [parsed.admin_state_up, parsed.port_security_enabled];
  return given({ name, description, shared, mtu, adminStateUp, portSecurityEnabled, vni, projectId });
}
