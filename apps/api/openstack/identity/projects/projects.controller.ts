import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, UseFilters } from '@nestjs/common';
import type { ApiRequest } from '#apps/api/http/api-request';
import { CurrentPrincipal } from '#apps/api/http/api-request';
import { TakesOneOf } from '#apps/api/http/body/body-schema';
import { given, parseBody, unwrap } from '#apps/api/http/body/parse-body';
import { boolean, nextPage, text } from '#apps/api/http/query/paging';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import { publicUrl } from '#apps/api/http/public-url';
import { InvalidInputError } from '#libs/common/errors';
import type { Principal } from '#libs/identity/principal';
import { Projects } from '#libs/identity/projects/projects.service';
import type { NewProject } from '#libs/identity/projects/projects.service';
import { ProjectBody } from './project.dto.js';
import { IdentityErrors } from '../http/identity.errors.js';
import { listLinks } from '../http/links.js';
import { keystonePage, named } from '../http/listing.js';
import type { ListFilters } from '#apps/api/http/query/paging';
import { renderDomain, renderProject } from './project.renderer.js';

/**
 * Projects have their domain as parent; there is no deeper tree. No project has a tag, so `not-tags` and `not-tags-any`
 * match all of them.
 */
const filters: Readonly<Record<Kind, ListFilters>> = {
  project: {
    columns: {
      ...named,
      domain_id: text('domain_id'),
      parent_id: text('domain_id'),
      is_domain: boolean('is_domain'),
    },
    constants: { tags: null, 'tags-any': null },
  },
  domain: { columns: named },
};

/** Keystone API: /v3/projects and /v3/domains. */
@UseFilters(IdentityErrors)
@Controller('identity/v3')
export class ProjectsController {
  constructor(private readonly projects: Projects) {}

  @Get(['projects', 'domains'])
  async list(@CurrentPrincipal() caller: Principal, @Query() query: ListQuery, @Req() request: ApiRequest) {
    const kind = kindOf(request);
    const page = keystonePage(query, filters[kind]);
    const rows = page ? await this.projects.list(caller, kind, page) : [];
    const next = page && nextPage(`${publicUrl()}/identity/v3/${kind}s`, query, rows, page.limit);
    const rendered = rows.map(kind === 'domain' ? renderDomain : renderProject);
    return { [`${kind}s`]: rendered, links: listLinks(`${kind}s`, next ?? undefined) };
  }

  @Get(['projects/:id', 'domains/:id'])
  async show(@CurrentPrincipal() caller: Principal, @Param('id') id: string, @Req() request: ApiRequest) {
    const kind = kindOf(request);
    return this.render(kind, await this.projects.get(caller, kind, id));
  }

  @Post(['projects', 'domains'])
  @TakesOneOf({ project: ProjectBody, domain: ProjectBody })
  async create(@CurrentPrincipal() caller: Principal, @Body() body: unknown, @Req() request: ApiRequest) {
    const kind = kindOf(request);
    const { name, ...rest } = parseProject(kind, body);
    if (name === undefined) throw new InvalidInputError(`${kind}.name`, 'a string of 1 to 64 characters');
    return this.render(kind, await this.projects.create(caller, kind, { name, ...rest }));
  }

  @Patch(['projects/:id', 'domains/:id'])
  @TakesOneOf({ project: ProjectBody, domain: ProjectBody })
  async update(
    @CurrentPrincipal() caller: Principal,
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: ApiRequest,
  ) {
    const kind = kindOf(request);
    const { name, description, enabled } = parseProject(kind, body);
    const change = given({ name, description, enabled });
    return this.render(kind, await this.projects.update(caller, kind, id, change));
  }

  @Delete(['projects/:id', 'domains/:id'])
  @HttpCode(204)
  async delete(@CurrentPrincipal() caller: Principal, @Param('id') id: string, @Req() request: ApiRequest) {
    await this.projects.delete(caller, kindOf(request), id);
  }

  private render(kind: Kind, project: Parameters<typeof renderProject>[0]) {
    return kind === 'domain' ? { domain: renderDomain(project) } : { project: renderProject(project) };
  }
}

type Kind = 'project' | 'domain';

const kindOf = (request: ApiRequest): Kind => (/\/v3\/domains/.test(request.path) ? 'domain' : 'project');

function parseProject(kind: Kind, body: unknown): Partial<NewProject> {
  const { name, description, enabled, domain_id, parent_id } = parseBody(ProjectBody, unwrap(body, kind), {
    path: kind,
  });
  const fields = { name, description, enabled, domainId: domain_id ?? parent_id };
  return given(fields);
}
