import { Module } from '@nestjs/common';
import { NetworkAgents } from './agents/network-agents.service.js';
import { Acknowledgements } from './desired-state/acknowledgements.js';
import { ChangeLog } from './desired-state/change-log.js';
import { DesiredStateFeed } from './desired-state/feed.js';
import { HostDocuments } from './desired-state/host-documents.js';
import { GroupFacts } from './desired-state/group-facts.js';
import { HostFacts } from './desired-state/host-facts.js';
import { Networks } from './networks/networks.service.js';
import { InstanceGroups } from './ports/instance-groups.js';
import { InstancePorts } from './ports/instance-ports.service.js';
import { Ports } from './ports/ports.service.js';
import { RbacPolicies } from './rbac-policies/rbac-policies.service.js';
import { RouterInterfaces } from './routers/router-interfaces.service.js';
import { Routers } from './routers/routers.service.js';
import { IpAvailabilities } from './subnets/ip-availability.service.js';
import { SubnetPoolService } from './subnet-pools/subnet-pools.service.js';
import { Subnets } from './subnets/subnets.service.js';
import { Tags } from './tags/tags.service.js';
import { NetworkQuotas } from './network-quotas.js';
import { SecurityGroupRules } from './security-groups/security-group-rules.service.js';
import { SecurityGroups } from './security-groups/security-groups.service.js';
import { HostNetworks } from './views/host-networks.js';

const desiredState = [Acknowledgements, ChangeLog, DesiredStateFeed, HostDocuments, HostFacts, GroupFacts];
const groups = [SecurityGroups, SecurityGroupRules, InstanceGroups];
const nouns = [Networks, IpAvailabilities, Subnets, Ports, Routers, RouterInterfaces, NetworkQuotas, Tags];
const others = [NetworkAgents, RbacPolicies, SubnetPoolService];
const services = [...nouns, ...others, InstancePorts, HostNetworks, ...groups, ...desiredState];

/** The importing app also imports DatabaseModule and OperationsModule. */
@Module({ providers: services, exports: services })
export class NetworkingModule {}
