import { Module } from '@nestjs/common';
import { NetworkingModule } from '#libs/networking/networking.module';
import { Flavors } from './flavors/flavors.js';
import { ConsoleLogs } from './instances/read/console-logs.js';
import { InstanceHistory } from './instances/read/instance-history.js';
import { HostInstances } from './instances/read/host-instances.js';
import { InstanceActions } from './instances/actions/instance-actions.js';
import { InstanceCreation } from './instances/create/instance-creation.js';
import { InstanceTransitions } from './instances/states/instance-transitions.js';
import { InstanceViews } from './instances/read/instance-views.js';
import { Instances } from './instances/instances.js';
import { InstanceSecurityGroups } from './instances/instance-security-groups.js';
import { ServerPasswords } from './instances/server-password.js';
import { KeyPairs } from './key-pairs/key-pairs.js';
import { Profiles } from './profiles/profiles.js';
import { Quotas } from './quotas/quotas.js';
import { ServerGroups } from './server-groups/server-groups.js';
import { Snapshots } from './snapshots/snapshots.js';

const services = [
  Flavors,
  Quotas,
  KeyPairs,
  ServerGroups,
  Profiles,
  Snapshots,
  Instances,
  InstanceViews,
  InstanceHistory,
  InstanceCreation,
  InstanceActions,
  InstanceTransitions,
  HostInstances,
  ConsoleLogs,
  InstanceSecurityGroups,
  ServerPasswords,
];

/**
 * The importing app must also import DatabaseModule, OperationsModule and FleetModule: the services take theirs from
 * them.
 */
@Module({ imports: [NetworkingModule], providers: services, exports: services })
export class ComputeModule {}
