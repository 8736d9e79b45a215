import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { ConcludeResizeInput } from '#libs/mobility/migrations/move-operations';
import type { StepRun, Workflow } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../../host/host-calls.js';
import { faultOf } from '../../instance/fault.js';
import { MoveLedger } from '../move-ledger.js';
import { MoveSettlement } from '../move-settlement.js';

type Run = StepRun<ConcludeResizeInput, object>;

/** Confirms a resize or cold move: removes the source's copy and its claim. */
@Injectable()
export class ConfirmResizeWorkflow implements Workflow<ConcludeResizeInput, object> {
  readonly kind = 'instance.confirm-resize';
  readonly queue = 'migration';
  readonly steps = [{ name: 'confirm', run: (run: Run) => this.confirm(run) }];

  constructor(
    private readonly hosts: HostCalls,
    private readonly ledger: MoveLedger,
    private readonly settlement: MoveSettlement,
    private readonly transitions: InstanceTransitions,
  ) {}

  private async confirm(run: Run): Promise<void> {
    const { input, operation } = run;
    const { migrationId, source, target, running } = input;
    const instanceId = operation.resourceId;
    const call = callOf(run, 'confirm', target.epoch);
    await this.hosts.whereUp(source.hostId, (agent) =>
      agent.call('releaseMigration', { call, migrationId, instanceId }, run.signal),
    );
    await run.commit(async (tx) => {
      await this.settlement.release(tx, migrationId);
      await this.ledger.become(tx, migrationId, 'confirmed');
      await this.transitions.finishConfirm(tx, instanceId, running);
    });
  }

  /** It goes on waiting for confirm or revert, with a fault that says why. */
  async failed({ operation, input }: Pick<Run, 'operation' | 'input'>, error: Error, tx: EntityManager) {
    await this.ledger.become(tx, input.migrationId, 'finished');
    await this.transitions.clearTask(tx, operation.resourceId, 'resize_finish');
    await this.transitions.setFault(tx, operation.resourceId, faultOf(error));
  }
}
