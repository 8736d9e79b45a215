import { Module } from '@nestjs/common';
import { DatabaseModule } from '#libs/database/database.module';
import { FleetModule } from '#libs/fleet/fleet.module';
import { OperationsModule } from '#libs/operations/operations.module';
import { SchedulingModule } from '#libs/scheduling/scheduling.module';
import { ControlPlaneModule } from './control-plane/control-plane.module.js';
import { EventsModule } from './events/events.module.js';
import { FleetFaceModule } from './fleet/fleet-face.module.js';
import { HealthModule } from './health/health.module.js';
import { HousekeepingModule } from './housekeeping/housekeeping.module.js';
import { HttpModule } from './http/http.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ComputeFaceModule } from './openstack/compute/compute-face.module.js';
import { IdentityFaceModule } from './openstack/identity/identity-face.module.js';
import { ImageFaceModule } from './openstack/image/image-face.module.js';
import { NetworkFaceModule } from './openstack/network/network-face.module.js';

/** The API process: what all faces stand on, then one module per domain lib and per face. */
@Module({
  imports: [
    DatabaseModule,
    OperationsModule,
    FleetModule,
    SchedulingModule,
    HttpModule,
    HealthModule,
    MetricsModule,
    ControlPlaneModule,
    EventsModule,
    HousekeepingModule,
    FleetFaceModule,
    IdentityFaceModule,
    ImageFaceModule,
    NetworkFaceModule,
    ComputeFaceModule,
  ],
})
export class AppModule {}
