import { Controller, Delete, Get, HttpCode, Param, Put, UseFilters } from '@nestjs/common';
import { CurrentPrincipal } from '#apps/api/http/api-request';
import type { Principal } from '#libs/identity/principal';
import { Roles } from '#libs/identity/roles/roles.service';
import { IdentityErrors } from '../http/identity.errors.js';
import { listLinks } from '../http/links.js';
import { renderRole } from './role.renderer.js';

/** Keystone API: /v3/system/users/{user}/roles: roles on the whole cloud. */
@UseFilters(IdentityErrors)
@Controller('identity/v3/system/users/:user/roles')
export class SystemRolesController {
  constructor(private readonly roles: Roles) {}

  @Get()
  async list(@CurrentPrincipal() caller: Principal, @Param('user') user: string) {
    const roles = await this.roles.systemRoles(caller, user);
    return { roles: roles.map(renderRole), links: listLinks(`system/users/${user}/roles`) };
  }

  /** Answers HEAD too: whether the user has this role. */
  @Get(':role')
  @HttpCode(204)
  async check(@CurrentPrincipal() caller: Principal, @Param('user') user: string, @Param('role') role: string) {
    await this.roles.requireSystemRole(caller, user, role);
  }

  @Put(':role')
  @HttpCode(204)
  async grant(@CurrentPrincipal() caller: Principal, @Param('user') user: string, @Param('role') role: string) {
    await this.roles.grantOnSystem(caller, user, role);
  }

  @Delete(':role')
  @HttpCode(204)
  async revoke(@CurrentPrincipal() caller: Principal, @Param('user') user: string, @Param('role') role: string) {
    await this.roles.revokeOnSystem(caller, user, role);
  }
}
