import { Controller, Get, Param, Query, UseFilters } from '@nestjs/common';
import { NotFoundError } from '#libs/common/errors';
import { REGION, renderEndpoints, renderServices } from './catalog.js';
import { IdentityErrors } from '../http/identity.errors.js';
import { links, listLinks } from '../http/links.js';

/** Keystone API: services, endpoints and the region. They are computed from LXSTACK_PUBLIC_URL and read-only. */
@UseFilters(IdentityErrors)
@Controller('identity/v3')
export class CatalogController {
  @Get('services')
  services(@Query('type') type?: string, @Query('name') name?: string) {
    const services = renderServices().filter((one) => (!type || one.type === type) && (!name || one.name === name));
    return { services, links: listLinks('services') };
  }

  @Get('services/:id')
  service(@Param('id') id: string) {
    const service = renderServices().find((one) => one.id === id);
    if (!service) throw new NotFoundError('service', id);
    return { service };
  }

  @Get('endpoints')
  endpoints(@Query('service_id') serviceId?: string, @Query('interface') face?: string) {
    const endpoints = renderEndpoints().filter(
      (one) => (!serviceId || one.service_id === serviceId) && (!face || one.interface === face),
    );
    return { endpoints, links: listLinks('endpoints') };
  }

  @Get('regions')
  regions() {
    const region = { id: REGION, description: '', parent_region_id: null, links: links(`regions/${REGION}`) };
    return { regions: [region], links: listLinks('regions') };
  }
}
