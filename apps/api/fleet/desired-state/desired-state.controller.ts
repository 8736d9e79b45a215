import { Controller, Get, Param, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import type { Caller } from '#libs/common/caller';
import { Hosts } from '#libs/fleet/hosts/hosts.service';
import { HostDocuments } from '#libs/networking/desired-state/host-documents';
import { FleetErrorFilter } from '../fleet.errors.js';
import { renderDesiredState } from './desired-state.renderer.js';
import type { DesiredStateAnswer } from './desired-state.renderer.js';

/** Operators: what a host's networks should be, how far the host has come, and what it says that fails. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1/hosts/:host/desired-state')
export class DesiredStateController {
  constructor(
    private readonly hosts: Hosts,
    private readonly documents: HostDocuments,
  ) {}

  @Get()
  async show(@CurrentCaller() caller: Caller, @Param('host') name: string): Promise<DesiredStateAnswer> {
    const host = await this.hosts.get(caller, 'fleet:hosts:show_desired_state', name);
    return renderDesiredState(host, await this.documents.show(caller, host));
  }
}
