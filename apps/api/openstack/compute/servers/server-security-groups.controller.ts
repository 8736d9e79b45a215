import { Get, Param } from '@nestjs/common';
import { InstanceSecurityGroups } from '#libs/compute/instances/instance-security-groups';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';

/** Nova API: GET /servers/{id}/os-security-groups. Nova leaves the rules to Neutron's API. */
@ComputeController('servers/:id/os-security-groups')
export class ServerSecurityGroupsController {
  constructor(private readonly groups: InstanceSecurityGroups) {}

  @Get()
  async list(@Compute() { caller }: ComputeRequest, @Param('id') id: string) {
    const groups = await this.groups.list(caller, id);
    return {
      security_groups: groups.map(({ id: groupId, name, description, projectId }) => ({
        id: groupId,
        name,
        description,
        tenant_id: projectId,
        rules: [],
      })),
    };
  }
}
