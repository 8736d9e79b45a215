import { Body, Controller, Delete, Get, Headers, HttpCode, Ip, Post, Query, Res, UseFilters } from '@nestjs/common';
import type { Response } from 'express';
import { Open } from '#apps/api/http/access';
import { CurrentPrincipal } from '#apps/api/http/api-request';
import { InvalidInputError } from '#libs/common/errors';
import type { Principal } from '#libs/identity/principal';
import { Projects } from '#libs/identity/projects/projects.service';
import { Tokens } from '#libs/identity/tokens/tokens.service';
import { parseAuth } from './auth-request.js';
import { catalog } from '../catalog/catalog.js';
import { IdentityErrors } from '../http/identity.errors.js';
import { listLinks } from '../http/links.js';
import { renderDomain, renderProject } from '../projects/project.renderer.js';
import { renderToken } from './token.renderer.js';

/** Keystone API: /v3/auth/tokens, /v3/auth/catalog, /v3/auth/projects, /v3/auth/domains. */
@UseFilters(IdentityErrors)
@Controller('identity/v3/auth')
export class AuthController {
  constructor(
    private readonly tokens: Tokens,
    private readonly projects: Projects,
  ) {}

  @Open()
  @Post('tokens')
  async issue(
    @Body() body: unknown,
    @Ip() address: string,
    @Query('nocatalog') nocatalog: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { credentials, scope } = parseAuth(body);
    const { token, principal } = await this.tokens.issue(credentials, scope, address);
    response.set({ 'X-Subject-Token': token, Vary: 'X-Auth-Token' });
    return renderToken(principal, nocatalog === undefined);
  }

  @Get('tokens')
  async show(
    @CurrentPrincipal() caller: Principal,
    @Headers('x-subject-token') subject: string | undefined,
    @Query('nocatalog') nocatalog: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ) {
    const principal = await this.tokens.show(caller, subjectOf(subject));
    response.set({ 'X-Subject-Token': subject, Vary: 'X-Auth-Token' });
    return renderToken(principal, nocatalog === undefined);
  }

  @Delete('tokens')
  @HttpCode(204)
  async revoke(@CurrentPrincipal() caller: Principal, @Headers('x-subject-token') subject: string | undefined) {
    await this.tokens.revoke(caller, subjectOf(subject));
  }

  @Get('catalog')
  catalog() {
    return { catalog: catalog(), links: listLinks('auth/catalog') };
  }

  @Get('projects')
  async listProjects(@CurrentPrincipal() caller: Principal) {
    const projects = await this.projects.ofUser(caller, 'identity:get_auth_projects', { id: caller.userId });
    return { projects: projects.map(renderProject), links: listLinks('auth/projects') };
  }

  @Get('domains')
  async listDomains(@CurrentPrincipal() caller: Principal) {
    const domains = await this.projects.ofUser(caller, 'identity:get_auth_domains', { id: caller.userId });
    return { domains: domains.map(renderDomain), links: listLinks('auth/domains') };
  }
}

function subjectOf(token: string | undefined): string {
  if (!token) throw new InvalidInputError('X-Subject-Token', 'a token in this header');
  return token;
}
