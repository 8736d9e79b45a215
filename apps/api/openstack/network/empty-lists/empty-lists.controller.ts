import { CurrentCaller } from '#apps/api/http/api-request';
import type { Caller } from '#libs/common/caller';
import { requireAllowed } from '#libs/policy/policy';
import { Controller, Get, Param, UseFilters } from '@nestjs/common';
import { NetworkErrors } from '../http/network.errors.js';

/**
 * Neutron API: resources that clients read and LXStack does not have (yet): routers, floating IPs and the like, and
 * quotas.
 */
@UseFilters(NetworkErrors)
@Controller('networking/v2.0')
export class EmptyListsController {
  @Get('routers')
  routers() {
    return { routers: [] };
  }

  @Get('floatingips')
  floatingIps() {
    return { floatingips: [] };
  }

  @Get('subnetpools')
  subnetPools() {
    return { subnetpools: [] };
  }

  /** Neutron API: agents. LXStack's agents are shown as Nova's services and hypervisors. */
  @Get('agents')
  agents() {
    return { agents: [] };
  }

  @Get('availability_zones')
  availabilityZones() {
    return { availability_zones: [{ name: 'nova', resource: 'network', state: 'available' }] };
  }

  @Get(['quotas/:project', 'quotas/:project/default'])
  quota(@CurrentCaller() caller: Caller, @Param('project') project: string) {
    requireAllowed(caller, 'get_quota', { project_id: project });
    const unlimited = { network: -1, subnet: -1, port: -1 };
    const fixed = {
      security_group: 1,
      security_group_rule: 4,
      router: 0,
      floatingip: 0,
      subnetpool: 0,
      rbac_policy: 0,
    };
    return { quota: { ...unlimited, ...fixed, project_id: project } };
  }
}
