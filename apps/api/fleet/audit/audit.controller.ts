import { Controller, Get, HttpCode, Param, Post, UseFilters } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { requireName, UUID } from '#libs/common/names';
import { Audit } from '#libs/fleet/audit/audit.service';
import { PlacementRecords } from '#libs/scheduling/placement/placement-records';
import type { PlacementRecord } from '#libs/scheduling/placement/placement-records';
import { FleetErrorFilter } from '../fleet.errors.js';

/** Operators: does all fit together, and why is an instance where it is. */
@ApiTags('fleet')
@UseFilters(FleetErrorFilter)
@Controller('fleet/v1')
export class AuditController {
  constructor(
    private readonly audit: Audit,
    private readonly placements: PlacementRecords,
  ) {}

  @Get('audit')
  async run(): Promise<{ differences: string[] }> {
    return { differences: await this.audit.run() };
  }

  /** Hosts' networks that are not as they should be are made so; what is left is told. */
  @Post('audit/repair')
  @HttpCode(200)
  async repair(): Promise<{ differences: string[] }> {
    return { differences: await this.audit.run(true) };
  }

  /** The last placement of an instance: each host, each filter, the reason. */
  @Get('instances/:id/explain')
  async explain(@Param('id') id: string): Promise<{ placement: PlacementRecord }> {
    return { placement: await this.placements.last(requireName('id', id, UUID, 'a UUID')) };
  }
}
