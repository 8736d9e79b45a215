import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { settings } from '#libs/common/settings/settings';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { waitForSchema } from '#libs/database/schema';
import type { Operation } from '#libs/operations/operation.entity';
import { Operations } from '#libs/operations/operations.service';
import { WorkflowRunner } from '#libs/operations/workflow-runner';
import { ColdMigrate } from './move/cold/cold-migrate.workflow.js';
import { CreateWorkflow } from './instance/create/create.workflow.js';
import { DeleteWorkflow } from './instance/delete/delete.workflow.js';
import { EvacuateWorkflow } from './move/evacuate/evacuate.workflow.js';
import { ForceCompleteWorkflow } from './move/force-complete/force-complete.workflow.js';
import { ResyncHostWorkflow } from './host/resync.workflow.js';
import { HostCalls } from './host/host-calls.js';
import { InstanceSpecs } from './instance/instance-specs.js';
import { LiveMigrateWorkflow } from './move/live/live-migrate.workflow.js';
import { LookWorkflow } from './move/health/look.workflow.js';
import { MoveBatchWorkflow } from './move/batch/move-batch.workflow.js';
import { BindPortWorkflow } from './network/bind-port.workflow.js';
import { UnbindPortWorkflow } from './network/unbind-port.workflow.js';
import { powerWorkflows } from './instance/power/power.workflow.js';
import { RebuildWorkflow } from './instance/rebuild/rebuild.workflow.js';
import { AutoConfirmWorkflow } from './move/resize/auto-confirm.workflow.js';
import { ConfirmResizeWorkflow } from './move/resize/confirm-resize.workflow.js';
import { RevertResizeWorkflow } from './move/resize/revert-resize.workflow.js';

/** Most builds on one host at once. Others wait, so that a slow host delays only its own instances. */
const perHost = 4;

/** Registers every workflow, then takes operations until the process is told to end. */
@Injectable()
export class WorkerService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly ending = new AbortController();

  constructor(
    private readonly database: DataSource,
    private readonly runner: WorkflowRunner,
    hosts: HostCalls,
    specs: InstanceSpecs,
    transitions: InstanceTransitions,
    operations: Operations,
    create: CreateWorkflow,
    remove: DeleteWorkflow,
    rebuild: RebuildWorkflow,
    live: LiveMigrateWorkflow,
    cold: ColdMigrate,
    confirm: ConfirmResizeWorkflow,
    revert: RevertResizeWorkflow,
    evacuate: EvacuateWorkflow,
    forceComplete: ForceCompleteWorkflow,
    bindPort: BindPortWorkflow,
    unbindPort: UnbindPortWorkflow,
    resync: ResyncHostWorkflow,
    autoConfirm: AutoConfirmWorkflow,
    batch: MoveBatchWorkflow,
    look: LookWorkflow,
  ) {
    runner.register(create);
    runner.register(remove);
    runner.register(rebuild);
    runner.register(live);
    runner.register(confirm);
    runner.register(revert);
    runner.register(evacuate);
    runner.register(forceComplete);
    runner.register(bindPort);
    runner.register(unbindPort);
    runner.register(resync);
    runner.register(autoConfirm);
    runner.register(batch);
    runner.register(look);
    for (const workflow of cold.workflows()) runner.register(workflow);
    for (const workflow of powerWorkflows({ hosts, specs, transitions, operations })) runner.register(workflow);
  }

  async onApplicationBootstrap(): Promise<void> {
    await waitForSchema(this.database, this.ending.signal);
    await this.runner.start({
      concurrency: { instance: 32, migration: 8 },
      perHost,
      hostOf,
      ...settings('operations'),
    });
  }

  /** Running steps are aborted and their leases given back: another worker resumes them at once. */
  async onApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await this.runner.stop();
  }
}

/** The host that an operation works on now, as far as its steps have found out. */
function hostOf({ context, input }: Operation): string | null {
  const { hostId, targetHostId, told } = context as { hostId?: string; targetHostId?: string; told?: boolean };
  // A committed move only cleans up: it must not wait behind moves that the batch has begun since.
  if (told) return null;
  const { source } = input as { source?: { hostId?: string } };
  return hostId ?? targetHostId ?? source?.hostId ?? null;
}
