import { Controller, Get, Param, Query, UseFilters } from '@nestjs/common';
import { CurrentCaller } from '#apps/api/http/api-request';
import { text } from '#apps/api/http/query/paging';
import { many } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { IpAvailabilities } from '#libs/networking/subnets/ip-availability.service';
import { neutronList, neutronPage } from '../http/listing.js';
import type { NeutronFilters } from '../http/listing.js';
import { NetworkErrors } from '../http/network.errors.js';
import { renderIpAvailability } from './ip-availability.renderer.js';

const filters: NeutronFilters = {
  columns: { network_id: text('network_id'), network_name: text('network_name') },
  others: ['ip_version'],
};

/** Neutron API: /v2.0/network-ip-availabilities. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0/network-ip-availabilities')
export class IpAvailabilityController {
  constructor(private readonly availabilities: IpAvailabilities) {}

  @Get()
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery) {
    const page = neutronPage(query, filters);
    const asked = many(query, 'ip_version').map(Number).filter(Number.isInteger);
    const versions = query.ip_version === undefined ? undefined : asked;
    const found = page ? await this.availabilities.list(caller, page, versions) : [];
    const rows = found.filter(({ subnets }) => versions === undefined || subnets.length);
    return neutronList('network_ip_availabilities', query, rows.map(renderIpAvailability));
  }

  @Get(':id')
  async show(@CurrentCaller() caller: Caller, @Param('id') id: string) {
    return { network_ip_availability: renderIpAvailability(await this.availabilities.get(caller, id)) };
  }
}
