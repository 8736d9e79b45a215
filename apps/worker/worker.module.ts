import { Module } from '@nestjs/common';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { DatabaseModule } from '#libs/database/database.module';
import { FleetModule } from '#libs/fleet/fleet.module';
import { MobilityModule } from '#libs/mobility/mobility.module';
import { NetworkingModule } from '#libs/networking/networking.module';
import { OperationsModule } from '#libs/operations/operations.module';
import { SchedulingModule } from '#libs/scheduling/scheduling.module';
import { BindPortWorkflow } from './network/bind-port.workflow.js';
import { UnbindPortWorkflow } from './network/unbind-port.workflow.js';
import { ArriveStep } from './move/cold/arrive.step.js';
import { StartTargetStep } from './move/cold/start-target.step.js';
import { ColdMigrate } from './move/cold/cold-migrate.workflow.js';
import { StopSourceStep } from './move/cold/stop-source.step.js';
import { TransferStep } from './move/cold/transfer.step.js';
import { CreateWorkflow } from './instance/create/create.workflow.js';
import { PlaceStep } from './instance/create/place.step.js';
import { SpawnStep } from './instance/create/spawn.step.js';
import { DeleteWorkflow } from './instance/delete/delete.workflow.js';
import { EvacuateWorkflow } from './move/evacuate/evacuate.workflow.js';
import { ForceCompleteWorkflow } from './move/force-complete/force-complete.workflow.js';
import { AutoEvacuation } from './move/evacuate/auto-evacuation.js';
import { LeftoverCopies } from './host/leftover-copies.js';
import { ResyncHostWorkflow } from './host/resync.workflow.js';
import { NetworkFollowers } from './network/network-followers.js';
import { OldAgents } from './network/old-agents.js';
import { HostCalls } from './host/host-calls.js';
import { InstanceSpecs } from './instance/instance-specs.js';
import { HostNetworkView } from './network/host-network-view.js';
import { FinishStep } from './move/live/finish.step.js';
import { ForwardStep } from './move/live/forward.step.js';
import { LiveMigrateWorkflow } from './move/live/live-migrate.workflow.js';
import { OpenStep } from './move/live/open.step.js';
import { PrecheckStep } from './move/live/precheck.step.js';
import { ReleaseStep } from './move/live/release.step.js';
import { SwitchCommit } from './move/live/switch-commit.js';
import { SwitchStep } from './move/live/switch.step.js';
import { LookWorkflow } from './move/health/look.workflow.js';
import { BatchRounds } from './move/batch/batch-rounds.js';
import { LateArrivals } from './move/batch/late-arrivals.js';
import { LiveChoices } from './move/batch/live-choices.js';
import { MoveBatchWorkflow } from './move/batch/move-batch.workflow.js';
import { ClaimTargetStep } from './move/target/claim-target.step.js';
import { FittingTarget } from './move/target/fitting-target.js';
import { MoveEnds } from './move/move-ends.js';
import { MoveLedger } from './move/move-ledger.js';
import { MoveProgress } from './move/move-progress.js';
import { MoveSettlement } from './move/move-settlement.js';
import { MoveTransfer } from './move/move-transfer.js';
import { PrepareTargetStep } from './move/target/prepare-target.step.js';
import { RebuildWorkflow } from './instance/rebuild/rebuild.workflow.js';
import { AutoConfirmWorkflow } from './move/resize/auto-confirm.workflow.js';
import { ConfirmResizeWorkflow } from './move/resize/confirm-resize.workflow.js';
import { RevertResizeWorkflow } from './move/resize/revert-resize.workflow.js';
import { WorkerService } from './worker.service.js';

const hosts = [HostCalls, OldAgents, NetworkFollowers, InstanceSpecs, HostNetworkView, LeftoverCopies];
const instances = [InstanceTransitions, CreateWorkflow, PlaceStep, SpawnStep, DeleteWorkflow, RebuildWorkflow];
const moves = [
  ClaimTargetStep,
  FittingTarget,
  PrepareTargetStep,
  MoveEnds,
  MoveLedger,
  MoveProgress,
  MoveSettlement,
  MoveTransfer,
];
const live = [
  LiveMigrateWorkflow,
  PrecheckStep,
  SwitchStep,
  SwitchCommit,
  OpenStep,
  ForwardStep,
  ReleaseStep,
  FinishStep,
];
const cold = [
  ColdMigrate,
  StopSourceStep,
  TransferStep,
  StartTargetStep,
  ArriveStep,
  ConfirmResizeWorkflow,
  RevertResizeWorkflow,
];

/** Everything that runs operations: the workflows, their steps and the runner. No HTTP. */
@Module({
  imports: [DatabaseModule, OperationsModule, FleetModule, MobilityModule, NetworkingModule, SchedulingModule],
  providers: [
    ...hosts,
    ...instances,
    ...moves,
    ...live,
    ...cold,
    EvacuateWorkflow,
    ForceCompleteWorkflow,
    AutoConfirmWorkflow,
    AutoEvacuation,
    BatchRounds,
    LateArrivals,
    LiveChoices,
    LookWorkflow,
    MoveBatchWorkflow,
    BindPortWorkflow,
    UnbindPortWorkflow,
    ResyncHostWorkflow,
    WorkerService,
  ],
  exports: [WorkerService],
})
export class WorkerModule {}
