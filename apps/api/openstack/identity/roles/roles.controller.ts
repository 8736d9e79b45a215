import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, UseFilters } from '@nestjs/common';
import { CurrentPrincipal } from '#apps/api/http/api-request';
import { Takes } from '#apps/api/http/body/body-schema';
import { parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { nextPage, text } from '#apps/api/http/query/paging';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Principal } from '#libs/identity/principal';
import { Roles } from '#libs/identity/roles/roles.service';
import { RoleBody } from './role.dto.js';
import { IdentityErrors } from '../http/identity.errors.js';
import { identityUrl, listLinks } from '../http/links.js';
import { keystonePage } from '../http/listing.js';
import type { ListFilters } from '#apps/api/http/query/paging';
import { assignmentsIn } from './role-assignment.query.js';
import { renderAssignment, renderRole } from './role.renderer.js';

/** Paths of a user's roles on a project or a domain. */
const grants = ['projects/:target/users/:user/roles', 'domains/:target/users/:user/roles'];
const single = grants.map((path) => `${path}/:role`);

/** No role is of a domain. */
const filters: ListFilters = { columns: { id: text('id'), name: text('name') }, constants: { domain_id: null } };

interface GrantPath {
  target: string;
  user: string;
  role: string;
}

/** Keystone API: /v3/roles, /v3/role_assignments, and grants on projects and domains. */
@UseFilters(IdentityErrors)
@Controller('identity/v3')
export class RolesController {
  constructor(private readonly roles: Roles) {}

  @Get('roles')
  async list(@CurrentPrincipal() caller: Principal, @Query() query: ListQuery) {
    const page = keystonePage(query, filters);
    const roles = page ? await this.roles.list(caller, page) : [];
    const next = page && nextPage(`${identityUrl()}/roles`, query, roles, page.limit);
    return { roles: roles.map(renderRole), links: listLinks('roles', next ?? undefined) };
  }

  @Get('roles/:id')
  async show(@CurrentPrincipal() caller: Principal, @Param('id') id: string) {
    return { role: renderRole(await this.roles.get(caller, id)) };
  }

  @Post('roles')
  @Takes('role', RoleBody)
  async create(@CurrentPrincipal() caller: Principal, @Body() body: unknown) {
    const { name } = parseBody(RoleBody, unwrap(body, 'role'), { path: 'role' });
    return { role: renderRole(await this.roles.create(caller, name)) };
  }

  @Delete('roles/:id')
  @HttpCode(204)
  async delete(@CurrentPrincipal() caller: Principal, @Param('id') id: string) {
    await this.roles.delete(caller, id);
  }

  @Get(grants)
  async listGrants(@CurrentPrincipal() caller: Principal, @Param() { target, user }: GrantPath) {
    const found = await this.roles.grants(caller, user, target);
    return { roles: found.map(({ role }) => renderRole(role)), links: listLinks('roles') };
  }

  @Put(single)
  @HttpCode(204)
  async grant(@CurrentPrincipal() caller: Principal, @Param() { target, user, role }: GrantPath) {
    await this.roles.grant(caller, user, target, role);
  }

  /** Answers HEAD too: whether there is such a grant. */
  @Get(single)
  @HttpCode(204)
  async check(@CurrentPrincipal() caller: Principal, @Param() { target, user, role }: GrantPath) {
    await this.roles.require(caller, user, target, role);
  }

  @Delete(single)
  @HttpCode(204)
  async revoke(@CurrentPrincipal() caller: Principal, @Param() { target, user, role }: GrantPath) {
    await this.roles.revoke(caller, user, target, role);
  }

  @Get('role_assignments')
  async assignments(@CurrentPrincipal() caller: Principal, @Query() query: ListQuery) {
    const { filter, includeNames } = assignmentsIn(query);
    const found = filter ? await this.roles.assignments(caller, filter) : [];
    return {
      role_assignments: found.map((assignment) => renderAssignment(assignment, includeNames)),
      links: listLinks('role_assignments'),
    };
  }
}
