import { Global, Module } from '@nestjs/common';
import { InstanceTransitions } from '#libs/compute/instances/instance-transitions';
import { Quotas } from '#libs/compute/quotas/quotas';
import { MoveBatches } from './batches/move-batches.service.js';
import { Drains } from './drain/drains.service.js';
import { Migrations } from './migrations/migrations.service.js';
import { RunningMoves } from './migrations/running-moves.service.js';
import { SchedulingModule } from '#libs/scheduling/scheduling.module';
import { AgentLook } from './mobility/agent-look.js';
import { LiveRefusals } from './mobility/live-refusals.js';
import { Mobility } from './mobility/mobility.js';
import { RebalancePlans } from './rebalance/rebalance-plans.service.js';

/** Moves as operators ask for them. Wants DatabaseModule, FleetModule and OperationsModule beside it. */
@Global()
@Module({
  imports: [SchedulingModule],
  providers: [
    InstanceTransitions,
    Quotas,
    Migrations,
    RunningMoves,
    MoveBatches,
    Drains,
    AgentLook,
    LiveRefusals,
    Mobility,
    RebalancePlans,
  ],
  exports: [Migrations, RunningMoves, MoveBatches, Drains, LiveRefusals, Mobility, RebalancePlans],
})
export class MobilityModule {}
