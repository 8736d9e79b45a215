import { Body, Controller, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Caller } from '#libs/common/caller';
import { Fencing } from '#libs/fleet/fencing/fencing.service';
import { HostCertificates } from '#libs/fleet/enrolment/host-certificates.service';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import { JoinTokens } from '#libs/fleet/join-tokens/join-tokens.service';
import { FleetErrorFilter } from '../fleet.errors.js';
import { renderFence, renderHost } from './host.renderer.js';
import { JoinTokenBody } from './join-token.dto.js';

/** For operators: hosts, join tokens, revocation. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1')
export class HostsController {
  constructor(
    private readonly hosts: Hosts,
    private readonly fencing: Fencing,
    private readonly tokens: JoinTokens,
    private readonly certificates: HostCertificates,
  ) {}

  @Post('join-tokens')
  @TakesBare(JoinTokenBody)
  @HttpCode(201)
  async createJoinToken(
    @CurrentCaller() caller: Caller,
    @Body() body: unknown,
  ): Promise<{ token: string; expires_at: Date }> {
    const { hostname, re_enrol: reEnrol } = parseBody(JoinTokenBody, body ?? {});
    const { token, expiresAt } = await this.tokens.create(caller, { hostname, reEnrol });
    return { token, expires_at: expiresAt };
  }

  @Get('hosts')
  async list(@CurrentCaller() caller: Caller, @Query() query: ListQuery): Promise<{ hosts: object[] }> {
    requireKnown(query, ['marker', 'limit']);
    const page = { marker: one(query, 'marker'), limit: limitOf(query) };
    const hosts = await this.hosts.list(caller, 'fleet:hosts:list', page);
    const now = new Date();
    return { hosts: hosts.map((host) => renderHost(host, now)) };
  }

  /** From now on no call of the host is accepted, until it joins again with a token made for that. */
  @Post('hosts/:host/revoke')
  @HttpCode(200)
  async revoke(@CurrentCaller() caller: Caller, @Param('host') name: string): Promise<{ host: object }> {
    return { host: renderHost(await this.certificates.revoke(caller, name), new Date()) };
  }

  /**
   * Which instances the host's agent has promised to freeze and kill after its lease has ended, and after how many
   * seconds.
   */
  @Get('hosts/:host/fence')
  async fence(@CurrentCaller() caller: Caller, @Param('host') name: string): Promise<{ fence: object }> {
    const { host, promised, marginSeconds } = await this.fencing.of(caller, name);
    return { fence: renderFence(host, promised, marginSeconds) };
  }
}
