import { Controller, Get, Param, UseFilters } from '@nestjs/common';
import { NetworkErrors } from './network.errors.js';

/** What clients look at and this cloud does not have (yet): security groups, routers and floating IPs; no quotas. */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0')
export class EmptyListsController {
  @Get('security-groups')
  securityGroups() {
    return { security_groups: [] };
  }

  @Get('routers')
  routers() {
    return { routers: [] };
  }

  @Get('floatingips')
  floatingIps() {
    return { floatingips: [] };
  }

  @Get('quotas/:project')
  quota(@Param('project') project: string) {
    return {
      quota: { network: -1, subnet: -1, port: -1, security_group: 0, router: 0, floatingip: 0, project_id: project },
    };
  }
}
