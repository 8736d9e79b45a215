import { Global, Module } from '@nestjs/common';
import { Agents } from './agents/agents.service.js';
import { Acknowledgements } from '#libs/networking/desired-state/acknowledgements';
import { ChangeLog } from '#libs/networking/desired-state/change-log';
import { GroupFacts } from '#libs/networking/desired-state/group-facts';
import { HostFacts } from '#libs/networking/desired-state/host-facts';
import { Audit } from './audit/audit.service.js';
import { NetworkAudit } from './audit/network-audit.js';
import { Enrolment } from './enrolment/enrolment.service.js';
import { Fencing } from './fencing/fencing.service.js';
import { HostRecords } from './hosts/host-records.js';
import { Hosts } from './hosts/hosts.service.js';
import { HostCertificates } from './enrolment/host-certificates.service.js';
import { JoinTokens } from './join-tokens/join-tokens.service.js';
import { Leases } from './leases/leases.service.js';
import { InstanceOwnership } from './ownership/ownership.service.js';

const services = [
  Agents,
  Audit,
  Enrolment,
  Fencing,
  HostCertificates,
  HostRecords,
  Hosts,
  InstanceOwnership,
  JoinTokens,
  Leases,
];

/**
 * Hosts, leases, enrolment, fencing, the audit and the agents' client. The importing app also imports DatabaseModule
 * and OperationsModule.
 */
@Global()
@Module({
  providers: [...services, NetworkAudit, Acknowledgements, ChangeLog, GroupFacts, HostFacts],
  exports: services,
})
export class FleetModule {}
