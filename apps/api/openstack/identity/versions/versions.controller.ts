import { Controller, Get, HttpCode, UseFilters } from '@nestjs/common';
import { Open } from '#apps/api/http/access';
import { publicUrl } from '#apps/api/http/public-url';
import { IdentityErrors } from '../http/identity.errors.js';

const version = () => ({
  id: 'v3.14',
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${publicUrl()}/identity/v3/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
});

/** Keystone's version documents. */
@Open()
@UseFilters(IdentityErrors)
@Controller('identity')
export class IdentityVersionsController {
  @Get()
  @HttpCode(300)
  list() {
    return { versions: { values: [version()] } };
  }

  @Get('v3')
  show() {
    return { version: version() };
  }
}
