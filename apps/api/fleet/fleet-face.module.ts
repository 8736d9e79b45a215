import { Module } from '@nestjs/common';
import { ComputeModule } from '#libs/compute/compute.module';
import { MobilityModule } from '#libs/mobility/mobility.module';
import { NetworkingModule } from '#libs/networking/networking.module';
import { AuditController } from './audit/audit.controller.js';
import { DesiredStateController } from './desired-state/desired-state.controller.js';
import { DrainController } from './drain/drain.controller.js';
import { HostsController } from './hosts/hosts.controller.js';
import { LiveMigrationController } from './live-migration/live-migration.controller.js';
import { FleetMigrationsController } from './migrations/migrations.controller.js';
import { MobilityController } from './mobility/mobility.controller.js';
import { RebalanceController } from './rebalance/rebalance.controller.js';
import { OperationsController } from './operations/operations.controller.js';

/** The fleet's own API, `/fleet/v1`, for operators. */
@Module({
  imports: [ComputeModule, MobilityModule, NetworkingModule],
  controllers: [
    AuditController,
    DesiredStateController,
    DrainController,
    FleetMigrationsController,
    HostsController,
    LiveMigrationController,
    MobilityController,
    OperationsController,
    RebalanceController,
  ],
})
export class FleetFaceModule {}
