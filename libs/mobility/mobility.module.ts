import { Global, Module } from '@nestjs/common';
import { InstanceTransitions } from '#libs/compute/instances/instance-transitions';
import { Quotas } from '#libs/compute/quotas/quotas';
import { MoveBatches } from './batches/move-batches.service.js';
import { Drains } from './drain/drains.service.js';
import { Migrations } from './migrations/migrations.service.js';
import { Mobility } from './mobility/mobility.js';
import { RebalancePlans } from './rebalance/rebalance-plans.service.js';

/** Moves as operators ask for them. Wants DatabaseModule and OperationsModule beside it. */
@Global()
@Module({
  providers: [InstanceTransitions, Quotas, Migrations, MoveBatches, Drains, Mobility, RebalancePlans],
  exports: [Migrations, MoveBatches, Drains, Mobility, RebalancePlans],
})
export class MobilityModule {}
