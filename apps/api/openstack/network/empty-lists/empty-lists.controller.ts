import { CurrentCaller } from '#apps/api/http/api-request';
import { boolean, filtersOf, text } from '#apps/api/http/query/paging';
import type { FilterField } from '#apps/api/http/query/paging';
import { requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { NetworkQuotas } from '#libs/networking/network-quotas';
import { Controller, Get, Param, Query, UseFilters } from '@nestjs/common';
import { neutronItems, neutronList } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';

const texts = (...names: string[]): Record<string, FilterField> =>
  Object.fromEntries(names.map((name) => [name, text(name)]));

const floatingIps: NeutronFilters = {
  columns: {
    distributed: boolean('distributed'),
    ...texts('router_id', 'status', 'floating_network_id', 'fixed_ip_address', 'floating_ip_address', 'port_id'),
  },
};

const zones = texts('name', 'resource', 'state');

/**
 * Neutron API: resources that clients read and LXStack does not have (yet): floating IPs and the like, and
 * quotas.
 */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0')
export class EmptyListsController {
  constructor(private readonly quotas: NetworkQuotas) {}

  @Get('floatingips')
  floatingIps(@Query() query: ListQuery) {
    return neutronList('floatingips', query, neutronItems('FloatingIP', query, floatingIps, []));
  }

  @Get('availability_zones')
  availabilityZones(@Query() query: ListQuery) {
    requireKnown(query, [...Object.keys(zones), 'fields']);
    const zone: Record<string, string> = { name: 'nova', resource: 'network', state: 'available' };
    const fits = Object.entries(filtersOf(query, zones)).every(([field, values]) => values.includes(zone[field]!));
    return { availability_zones: fits ? [zone] : [] };
  }

  @Get('quotas/:project')
  async quota(@CurrentCaller() caller: Caller, @Param('project') project: string) {
    return { quota: { ...(await this.quotas.show(caller, project)), project_id: project } };
  }

  @Get('quotas/:project/default')
  defaultQuota(@CurrentCaller() caller: Caller, @Param('project') project: string) {
    return { quota: { ...this.quotas.showDefaults(caller, project), project_id: project } };
  }
}
