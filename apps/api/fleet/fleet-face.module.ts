import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { DrainController } from './drain.controller.js';
import { HostsController } from './hosts.controller.js';
import { OperationsController } from './operations.controller.js';

/** `/fleet/v1`: for operators. */
@Module({ controllers: [AuditController, DrainController, HostsController, OperationsController] })
export class FleetFaceModule {}
