import { Module } from '@nestjs/common';
import { ErrorForms } from '#apps/api/http/error-forms';
import { NetworkingModule } from '#libs/networking/networking.module';
import { AgentsController } from './agents/agents.controller.js';
import { EmptyListsController } from './empty-lists/empty-lists.controller.js';
import { IpAvailabilityController } from './network-ip-availabilities/ip-availability.controller.js';
import { NetworksController } from './networks/networks.controller.js';
import { PortsController } from './ports/ports.controller.js';
import { RbacPoliciesController } from './rbac-policies/rbac-policies.controller.js';
import { RoutersController } from './routers/routers.controller.js';
import { SecurityGroupRulesController } from './security-group-rules/security-group-rules.controller.js';
import { SecurityGroupsController } from './security-groups/security-groups.controller.js';
import { SubnetPoolsController } from './subnet-pools/subnet-pools.controller.js';
import { SubnetsController } from './subnets/subnets.controller.js';
import { TagsController } from './tags/tags.controller.js';
import { NetworkVersionsController } from './versions/versions.controller.js';
import { NetworkErrors } from './http/network.errors.js';

/** Neutron v2.0 under /networking. */
@Module({
  imports: [NetworkingModule],
  controllers: [
    NetworkVersionsController,
    NetworksController,
    SubnetsController,
    TagsController,
    AgentsController,
    RbacPoliciesController,
    SubnetPoolsController,
    PortsController,
    RoutersController,
    SecurityGroupsController,
    SecurityGroupRulesController,
    EmptyListsController,
    IpAvailabilityController,
  ],
})
export class NetworkFaceModule {
  constructor(forms: ErrorForms) {
    forms.register('/networking', new NetworkErrors());
  }
}
