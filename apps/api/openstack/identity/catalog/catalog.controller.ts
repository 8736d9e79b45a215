import { Controller, Get, Param, Query, UseFilters } from '@nestjs/common';
import { pageOfItems } from '#apps/api/http/query/items';
import { text } from '#apps/api/http/query/paging';
import { choiceIn, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import { NotFoundError } from '#libs/common/errors';
import { interfaces, REGION, renderEndpoints, renderServices } from './catalog.js';
import { IdentityErrors } from '../http/identity.errors.js';
import { links, listLinks } from '../http/links.js';
import { keystonePage, named } from '../http/listing.js';
import type { ListFilters } from '#apps/api/http/query/paging';

const serviceFilters: ListFilters = { columns: { ...named, type: text('type') } };

const endpointFilters: ListFilters = {
  columns: {
    id: named.id,
    enabled: named.enabled,
    interface: text('interface'),
    service_id: text('service_id'),
    region_id: text('region_id'),
    region: text('region'),
  },
};

/** No region is part of another. */
const regionFilters: ListFilters = { columns: {}, constants: { parent_region_id: null } };

/** Keystone API: services, endpoints and the region. They are computed from LXSTACK_PUBLIC_URL and read-only. */
@UseFilters(IdentityErrors)
@Controller('identity/v3')
export class CatalogController {
  @Get('services')
  services(@Query() query: ListQuery) {
    const page = keystonePage(query, serviceFilters);
    return { services: page ? pageOfItems('service', renderServices(), page) : [], links: listLinks('services') };
  }

  @Get('services/:id')
  service(@Param('id') id: string) {
    const service = renderServices().find((one) => one.id === id);
    if (!service) throw new NotFoundError('service', id);
    return { service };
  }

  @Get('endpoints')
  endpoints(@Query() query: ListQuery) {
    choiceIn(query, 'interface', interfaces);
    const page = keystonePage(query, endpointFilters);
    return { endpoints: page ? pageOfItems('endpoint', renderEndpoints(), page) : [], links: listLinks('endpoints') };
  }

  /** Keystone API: this list alone takes no field that it does not know. */
  @Get('regions')
  regions(@Query() query: ListQuery) {
    requireKnown(query, ['parent_region_id']);
    const region = { id: REGION, description: '', parent_region_id: null, links: links(`regions/${REGION}`) };
    return { regions: keystonePage(query, regionFilters) ? [region] : [], links: listLinks('regions') };
  }
}
