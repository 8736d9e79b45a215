import { Global, Module } from '@nestjs/common';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { Flavors } from '#libs/compute/flavors/flavors';
import { Quotas } from '#libs/compute/quotas/quotas';
import { MoveBatches } from './batches/move-batches.service.js';
import { Drains } from './drain/drains.service.js';
import { Migrations } from './migrations/migrations.service.js';
import { MoveHosts } from './migrations/move-hosts.js';
import { RunningMoves } from './migrations/running-moves.service.js';
import { SchedulingModule } from '#libs/scheduling/scheduling.module';
import { AgentPrecheck } from './eligibility/agent-precheck.js';
import { LiveRefusals } from './eligibility/live-refusals.js';
import { MoveEligibility } from './eligibility/move-eligibility.js';
import { RebalancePlans } from './rebalance/rebalance-plans.service.js';

/**
 * Moves as users and operators ask for them. The importing app also imports DatabaseModule, FleetModule and
 * OperationsModule.
 */
@Global()
@Module({
  imports: [SchedulingModule],
  providers: [
    InstanceTransitions,
    Flavors,
    Quotas,
    Migrations,
    MoveHosts,
    RunningMoves,
    MoveBatches,
    Drains,
    AgentPrecheck,
    LiveRefusals,
    MoveEligibility,
    RebalancePlans,
  ],
  exports: [Migrations, RunningMoves, MoveBatches, Drains, LiveRefusals, MoveEligibility, RebalancePlans],
})
export class MobilityModule {}
