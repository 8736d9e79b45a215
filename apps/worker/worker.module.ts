import { Module } from '@nestjs/common';
import { InstanceTransitions } from '#libs/compute/instances/instance-transitions';
import { DatabaseModule } from '#libs/database/database.module';
import { FleetModule } from '#libs/fleet/fleet.module';
import { MobilityModule } from '#libs/mobility/mobility.module';
import { NetworkingModule } from '#libs/networking/networking.module';
import { OperationsModule } from '#libs/operations/operations.module';
import { SchedulingModule } from '#libs/scheduling/scheduling.module';
import { BindPortWorkflow } from './port/bind-port.workflow.js';
import { UnbindPortWorkflow } from './port/unbind-port.workflow.js';
import { ArriveStep } from './cold-migrate/arrive.step.js';
import { ColdMigrate } from './cold-migrate/cold-migrate.workflow.js';
import { StopSourceStep } from './cold-migrate/stop-source.step.js';
import { TransferStep } from './cold-migrate/transfer.step.js';
import { CreateWorkflow } from './create/create.workflow.js';
import { PlaceStep } from './create/place.step.js';
import { SpawnStep } from './create/spawn.step.js';
import { DeleteWorkflow } from './delete/delete.workflow.js';
import { EvacuateWorkflow } from './evacuate/evacuate.workflow.js';
import { ForceCompleteWorkflow } from './force-complete/force-complete.workflow.js';
import { AutoEvacuation } from './host/auto-evacuation.js';
import { LeftCopies } from './host/left-copies.js';
import { ResyncHostWorkflow } from './host/resync.workflow.js';
import { Forwarding } from './hosts/forwarding.js';
import { HostCalls } from './hosts/host-calls.js';
import { InstanceSpecs } from './hosts/instance-specs.js';
import { HostNetworkView } from './hosts/host-network-view.js';
import { FinishStep } from './live-migrate/finish.step.js';
import { ForwardStep } from './live-migrate/forward.step.js';
import { LiveMigrateWorkflow } from './live-migrate/live-migrate.workflow.js';
import { OpenStep } from './live-migrate/open.step.js';
import { PrecheckStep } from './live-migrate/precheck.step.js';
import { ReleaseStep } from './live-migrate/release.step.js';
import { SwitchCommit } from './live-migrate/switch-commit.js';
import { SwitchStep } from './live-migrate/switch.step.js';
import { BatchRounds } from './move-batch/batch-rounds.js';
import { LateComers } from './move-batch/late-comers.js';
import { LiveChoices } from './move-batch/live-choices.js';
import { MoveBatchWorkflow } from './move-batch/move-batch.workflow.js';
import { ClaimTargetStep } from './moves/claim-target.step.js';
import { FittingTarget } from './moves/fitting-target.js';
import { MoveEnds } from './moves/move-ends.js';
import { MoveLedger } from './moves/move-ledger.js';
import { MoveProgress } from './moves/move-progress.js';
import { MoveSettlement } from './moves/move-settlement.js';
import { MoveTransfer } from './moves/move-transfer.js';
import { PrepareTargetStep } from './moves/prepare-target.step.js';
import { RebuildWorkflow } from './rebuild/rebuild.workflow.js';
import { AutoConfirmWorkflow } from './resize/auto-confirm.workflow.js';
import { ConfirmResizeWorkflow } from './resize/confirm-resize.workflow.js';
import { RevertResizeWorkflow } from './resize/revert-resize.workflow.js';
import { WorkerService } from './worker.service.js';

const hosts = [HostCalls, Forwarding, InstanceSpecs, HostNetworkView, LeftCopies];
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
const cold = [ColdMigrate, StopSourceStep, TransferStep, ArriveStep, ConfirmResizeWorkflow, RevertResizeWorkflow];

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
    LateComers,
    LiveChoices,
    MoveBatchWorkflow,
    BindPortWorkflow,
    UnbindPortWorkflow,
    ResyncHostWorkflow,
    WorkerService,
  ],
  exports: [WorkerService],
})
export class WorkerModule {}
