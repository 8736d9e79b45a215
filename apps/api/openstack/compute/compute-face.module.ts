import { Module } from '@nestjs/common';
import type { MiddlewareConsumer, NestModule } from '@nestjs/common';
import { ErrorForms } from '#apps/api/http/error-forms';
import { HttpAdapterHost } from '@nestjs/core';
import { ComputeModule } from '#libs/compute/compute.module';
import { MobilityModule } from '#libs/mobility/mobility.module';
import { AggregatesController } from './aggregates/aggregates.controller.js';
import { AvailabilityZonesController } from './availability-zones/availability-zones.controller.js';
import { ExtensionsController } from './extensions/extensions.controller.js';
import { FlavorAccessController } from './flavors/flavor-access.controller.js';
import { FlavorExtraSpecsController } from './flavors/flavor-extra-specs.controller.js';
import { FlavorsController } from './flavors/flavors.controller.js';
import { ComputeErrorFilter } from './http/compute.errors.js';
import { MicroversionMiddleware } from './http/microversion.middleware.js';
import { stripProject } from './http/project-path.js';
import { HypervisorsController } from './hypervisors/hypervisors.controller.js';
import { InstanceActionsController } from './instance-actions/instance-actions.controller.js';
import { KeypairsController } from './keypairs/keypairs.controller.js';
import { LimitsController } from './limits/limits.controller.js';
import { MigrationsController } from './migrations/migrations.controller.js';
import { ServerMigrationsController } from './migrations/server-migrations.controller.js';
import { QuotaSetsController } from './quota-sets/quota-sets.controller.js';
import { ServerGroupsController } from './server-groups/server-groups.controller.js';
import { ServerActions } from './servers/server-actions.js';
import { ServerActionsController } from './servers/server-actions.controller.js';
import { ServerAddressesController } from './servers/server-addresses.controller.js';
import { ServerMetadataController } from './servers/server-metadata.controller.js';
import { ServerSecurityGroupsController } from './servers/server-security-groups.controller.js';
import { ServerPasswordController } from './servers/server-password.controller.js';
import { ServerTagsController } from './servers/server-tags.controller.js';
import { ServersController } from './servers/servers.controller.js';
import { ServicesController } from './services/services.controller.js';
import { VersionsController } from './versions/versions.controller.js';

/** OpenStack's compute API (Nova v2.1). */
@Module({
  imports: [ComputeModule, MobilityModule],
  providers: [ServerActions],
  controllers: [
    VersionsController,
    ServersController,
    ServerActionsController,
    ServerMetadataController,
    ServerTagsController,
    ServerSecurityGroupsController,
    ServerAddressesController,
    ServerPasswordController,
    ServerMigrationsController,
    InstanceActionsController,
    MigrationsController,
    FlavorsController,
    FlavorExtraSpecsController,
    FlavorAccessController,
    HypervisorsController,
    ServicesController,
    AvailabilityZonesController,
    AggregatesController,
    LimitsController,
    QuotaSetsController,
    KeypairsController,
    ServerGroupsController,
    ExtensionsController,
  ],
})
export class ComputeFaceModule implements NestModule {
  constructor(
    private readonly server: HttpAdapterHost,
    forms: ErrorForms,
  ) {
    forms.register('/compute', new ComputeErrorFilter());
  }

  configure(consumer: MiddlewareConsumer): void {
    this.server.httpAdapter.use(stripProject);
    consumer.apply(MicroversionMiddleware).forRoutes('compute', 'compute/*path');
  }
}
