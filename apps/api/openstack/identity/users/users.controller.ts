import { Body, Controller, Delete, Get, HttpCode, Ip, Param, Patch, Post, Query, UseFilters } from '@nestjs/common';
import { CurrentPrincipal } from '#apps/api/http/api-request';
import { Takes } from '#apps/api/http/body/body-schema';
import { given, parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { InputError } from '#apps/api/http/input/input-error';
import { pageOfItems } from '#apps/api/http/query/items';
import { nextPage, text } from '#apps/api/http/query/paging';
import { many, timeOf } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import { publicUrl } from '#apps/api/http/public-url';
import { InvalidInputError } from '#libs/common/errors';
import type { Principal } from '#libs/identity/principal';
import { Projects } from '#libs/identity/projects/projects.service';
import { Users } from '#libs/identity/users/users.service';
import type { NewUser } from '#libs/identity/users/users.service';
import { PasswordBody, UserBody } from './user.dto.js';
import { IdentityErrors } from '../http/identity.errors.js';
import { listLinks } from '../http/links.js';
import { keystonePage, named } from '../http/listing.js';
import type { ListFilters } from '#apps/api/http/query/paging';
import { renderProject } from '../projects/project.renderer.js';
import { renderUser } from './user.renderer.js';

/** Nobody comes from another identity provider. */
const filters: ListFilters = {
  columns: { ...named, domain_id: text('domain_id'), default_project_id: text('default_project_id') },
  constants: { idp_id: null, protocol_id: null, unique_id: null },
};

const ofUser: ListFilters = { columns: { ...named, domain_id: text('domain_id') } };

/** Keystone API: /v3/users. */
@UseFilters(IdentityErrors)
@Controller('identity/v3/users')
export class UsersController {
  constructor(
    private readonly users: Users,
    private readonly projects: Projects,
  ) {}

  @Get()
  async list(@CurrentPrincipal() caller: Principal, @Query() query: ListQuery) {
    const page = keystonePage(query, filters);
    const users = page && !asksForExpiry(query) ? await this.users.list(caller, page) : [];
    const next = page && nextPage(`${publicUrl()}/identity/v3/users`, query, users, page.limit);
    return { users: users.map(renderUser), links: listLinks('users', next ?? undefined) };
  }

  @Get(':id')
  async show(@CurrentPrincipal() caller: Principal, @Param('id') id: string) {
    return { user: renderUser(await this.users.get(caller, id)) };
  }

  @Get(':id/projects')
  async listProjects(@CurrentPrincipal() caller: Principal, @Param('id') id: string, @Query() query: ListQuery) {
    const user = await this.users.get(caller, id, 'identity:list_user_projects');
    const found = await this.projects.ofUser(caller, 'identity:list_user_projects', user);
    const page = keystonePage(query, ofUser);
    const projects = page ? pageOfItems('project', found.map(renderProject), page) : [];
    return { projects, links: listLinks(`users/${id}/projects`) };
  }

  @Post()
  @Takes('user', UserBody)
  async create(@CurrentPrincipal() caller: Principal, @Body() body: unknown) {
    const { name, ...rest } = parseUser(body);
    if (name === undefined) throw new InvalidInputError('user.name', 'a string of 1 to 255 characters');
    return { user: renderUser(await this.users.create(caller, { name, ...rest })) };
  }

  @Patch(':id')
  @Takes('user', UserBody)
  async update(@CurrentPrincipal() caller: Principal, @Param('id') id: string, @Body() body: unknown) {
    const change = parseUser(body);
    delete change.domainId;
    return { user: renderUser(await this.users.update(caller, id, change)) };
  }

  @Post(':id/password')
  @Takes('user', PasswordBody)
  @HttpCode(204)
  async changePassword(
    @CurrentPrincipal() caller: Principal,
    @Param('id') id: string,
    @Ip() address: string,
    @Body() body: unknown,
  ) {
    const { original_password, password } = parseBody(PasswordBody, unwrap(body, 'user'), { path: 'user' });
    await this.users.changePassword(caller, id, original_password, password, address);
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@CurrentPrincipal() caller: Principal, @Param('id') id: string) {
    await this.users.delete(caller, id);
  }
}

/** Keystone API: `password_expires_at=lt:2026-01-01T00:00:00Z`. No password here expires: none is found by it. Throws InputError. */
function asksForExpiry(query: ListQuery): boolean {
  const asked = many(query, 'password_expires_at');
  for (const value of asked) {
    const [, operator, time] = /^(?:(lt|lte|gt|gte|eq|neq):)(.*)$/s.exec(value) ?? [];
    if (!operator)
      throw new InputError(
        'password_expires_at',
        value,
        'one of lt, lte, gt, gte, eq, neq, a colon and a time are expected',
      );
    timeOf('password_expires_at', time!);
  }
  return asked.length > 0;
}

function parseUser(body: unknown): Partial<NewUser> {
  const parsed = parseBody(UserBody, unwrap(body, 'user'), { path: 'user' });
  const { name, password, email, description, enabled } = parsed;
  const place = { domainId: parsed.domain_id, defaultProjectId: parsed.default_project_id };
  return given({ name, password, email, description, enabled, ...place });
}
