import { Global, Module } from '@nestjs/common';
import { InstanceTransitions } from '#libs/compute/instances/instance-transitions';
import { Quotas } from '#libs/compute/quotas/quotas';
import { Migrations } from './migrations/migrations.service.js';

/** Moves as operators ask for them. Wants DatabaseModule and OperationsModule beside it. */
@Global()
@Module({ providers: [InstanceTransitions, Quotas, Migrations], exports: [Migrations] })
export class MobilityModule {}
