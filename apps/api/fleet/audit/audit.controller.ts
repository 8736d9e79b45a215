import { Controller, Get, HttpCode, Param, Post, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '#apps/api/http/api-request';
import type { Caller } from '#libs/common/caller';
import { requireName, UUID } from '#libs/common/names';
import { Audit } from '#libs/fleet/audit/audit.service';
import { PlacementRecords } from '#libs/scheduling/placement/placement-records';
import type { PlacementRecord } from '#libs/scheduling/placement/placement-records';
import { FleetErrorFilter } from '../fleet.errors.js';
import { renderAudit } from './audit.renderer.js';
import type { AuditAnswer } from './audit.renderer.js';

/** For operators: whether records, agents and kernels agree, and why an instance is on its host. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1')
export class AuditController {
  constructor(
    private readonly audit: Audit,
    private readonly placements: PlacementRecords,
  ) {}

  @Get('audit')
  async run(@CurrentCaller() caller: Caller): Promise<AuditAnswer> {
    return renderAudit(await this.audit.run(caller));
  }

  /** Agents mend the networks of their kernels; what still differs is in the answer. */
  @Post('audit/repair')
  @HttpCode(200)
  async repair(@CurrentCaller() caller: Caller): Promise<AuditAnswer> {
    return renderAudit(await this.audit.run(caller, true));
  }

  /** The last placement of an instance: for each host the filter that rejected it, and why. */
  @Get('instances/:id/explain')
  async explain(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<{ placement: PlacementRecord }> {
    return { placement: await this.placements.last(caller, requireName('id', id, UUID, 'a UUID')) };
  }
}
