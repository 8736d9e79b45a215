import { Body, Controller, Get, HttpCode, Param, Post, Query, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { TakesBare } from '#apps/api/http/body/body-schema';
import { parseBody } from '#apps/api/http/body/parse-body';
import { limitOf } from '#apps/api/http/query/paging';
import { one, requireKnown } from '#apps/api/http/query/query';
import type { Query as ListQuery } from '#apps/api/http/query/query';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { traitsOf } from '#libs/fleet/hosts/host-traits';
import { Fencing } from '#libs/fleet/fencing/fencing.service';
import { HostCertificates } from '#libs/fleet/enrolment/host-certificates.service';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import { JoinTokens } from '#libs/fleet/join-tokens/join-tokens.service';
import { FleetErrorFilter } from '../fleet.errors.js';
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
  async createJoinToken(@Body() body: unknown): Promise<{ token: string; expires_at: Date }> {
    const { hostname, re_enrol: reEnrol } = parseBody(JoinTokenBody, body ?? {});
    const { token, expiresAt } = await this.tokens.create({ hostname, reEnrol });
    return { token, expires_at: expiresAt };
  }

  @Get('hosts')
  async list(@Query() query: ListQuery): Promise<{ hosts: object[] }> {
    requireKnown(query, ['marker', 'limit']);
    const hosts = await this.hosts.list({ marker: one(query, 'marker'), limit: limitOf(query) });
    const now = new Date();
    return { hosts: hosts.map((host) => renderHost(host, this.hosts.isUp(host, now))) };
  }

  /** From now on no call of the host is accepted, until it joins again with a token made for that. */
  @Post('hosts/:host/revoke')
  @HttpCode(200)
  async revoke(@Param('host') name: string): Promise<{ host: object }> {
    await this.certificates.revoke((await this.hosts.get(name)).name);
    const host = await this.hosts.get(name);
    return { host: renderHost(host, this.hosts.isUp(host, new Date())) };
  }

  /**
   * Which instances the host's agent has promised to freeze and kill after its lease has ended, and after how many
   * seconds.
   */
  @Get('hosts/:host/fence')
  async fence(@Param('host') name: string): Promise<{ fence: object }> {
    const { host, promised, marginSeconds } = await this.fencing.of(name);
    return {
      fence: {
        lease_expires_at: host.leaseExpiresAt,
        forced_down: host.forcedDown,
        stop_seconds: promised?.stopSeconds ?? null,
        margin_seconds: marginSeconds,
        instance_ids: promised?.instanceIds ?? [],
      },
    };
  }
}

function renderHost(host: Host, up: boolean): object {
  return {
    id: host.id,
    name: host.name,
    role: host.role,
    state: up ? 'up' : 'down',
    enabled: host.enabled,
    disabled_reason: host.disabledReason,
    forced_down: host.forcedDown,
    availability_zone: host.availabilityZone,
    address: host.address,
    vtep: host.vtep,
    lease_expires_at: host.leaseExpiresAt,
    inventory: { vcpus: host.vcpus, memory_mb: host.memoryMb, disk_gb: host.diskGb },
    used: { vcpus: host.usedVcpus, memory_mb: host.usedMemoryMb, disk_gb: host.usedDiskGb },
    ratios: { cpu: host.cpuRatio, memory: host.memoryRatio, disk: host.diskRatio },
    capabilities: host.capabilities,
    traits: traitsOf(host),
    facts: host.facts,
    certificate_fingerprint: host.certificateFingerprint,
    revoked_at: host.revokedAt,
  };
}
