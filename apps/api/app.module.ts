import { Module } from '@nestjs/common';
import { ComputeFaceModule } from './openstack/compute/compute-face.module.js';
import { DatabaseModule } from '#libs/database/database.module';
import { FleetModule } from '#libs/fleet/fleet.module';
import { OperationsModule } from '#libs/operations/operations.module';
import { SchedulingModule } from '#libs/scheduling/scheduling.module';

/** The API process: what every face stands on, then one module per domain lib and per face. */
@Module({
  imports: [DatabaseModule, OperationsModule, FleetModule, SchedulingModule, ComputeFaceModule],
})
export class AppModule {}
