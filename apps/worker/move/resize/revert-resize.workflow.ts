import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Instance } from '#libs/compute/instances/instance.entity';
import { deleteIfEphemeral } from '#libs/compute/instances/actions/ephemeral';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { ConcludeResizeInput } from '#libs/mobility/migrations/move-operations';
import { Operations } from '#libs/operations/operations.service';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { OldAgents } from '../../network/old-agents.js';
import { callOf, HostCalls } from '../../host/host-calls.js';
import { faultOf } from '../../instance/fault.js';
import { startedAgain } from '../../instance/started-again.js';
import { MoveLedger } from '../move-ledger.js';
import { MoveSettlement } from '../move-settlement.js';

interface RevertContext {
  /** It ran at the target, and could not be started there again when the revert was taken back. */
  keptStopped?: boolean;
}

type Run = StepRun<ConcludeResizeInput, RevertContext>;

const NOT_STARTED = { message: 'Reverted; its host could not start it again.' };

/** Reverts a resize or cold move: back to the source's copy and the old flavor. What was written at the target is lost, as in Nova. */
@Injectable()
export class RevertResizeWorkflow implements Workflow<ConcludeResizeInput, RevertContext> {
  readonly kind = 'instance.revert-resize';
  readonly queue = 'migration';
  readonly steps: Step<ConcludeResizeInput, RevertContext>[] = [
    { name: 'stop', run: (run) => this.stop(run), undo: (run) => this.startAgain(run) },
    { name: 'switch', run: (run) => this.change(run), pointOfNoReturn: true },
    { name: 'return', run: (run) => this.comeBack(run), attempts: 30 },
  ];

  constructor(
    private readonly hosts: HostCalls,
    private readonly oldAgents: OldAgents,
    private readonly ledger: MoveLedger,
    private readonly settlement: MoveSettlement,
    private readonly transitions: InstanceTransitions,
    private readonly operations: Operations,
  ) {}

  private async stop(run: Run): Promise<void> {
    const { target } = run.input;
    const agent = await this.hosts.agent(target.hostId);
    const call = callOf(run, 'stop', target.epoch);
    await agent.call('stopInstance', { call, instanceId: run.operation.resourceId, timeoutSeconds: 60 }, run.signal);
  }

  private async startAgain(run: Run): Promise<void> {
    const { target, running } = run.input;
    if (!running) return;
    const call = callOf(run, 'stop-undo', target.epoch);
    const instanceId = run.operation.resourceId;
    await this.hosts.whereUp(target.hostId, async (agent) => {
      run.context.keptStopped = !(await startedAgain(agent, { call, instanceId }));
    });
  }

  private async change(run: Run): Promise<void> {
    const { source, target, migrationId } = run.input;
    await run.commit(async (tx) => {
      await this.transitions.switchHost(tx, run.operation.resourceId, target, source.hostId);
      await this.settlement.exchange(tx, run.operation.resourceId, migrationId, source.hostId);
      await this.settlement.release(tx, migrationId);
    });
  }

  private async comeBack(run: Run): Promise<void> {
    const { source, target, migrationId, running } = run.input;
    const instanceId = run.operation.resourceId;
    const epoch = target.epoch + 1;
    const agent = await this.hosts.agent(source.hostId);
    await agent.call('revertMigration', { call: callOf(run, 'revert', epoch), migrationId, instanceId }, run.signal);
    const request = { call: callOf(run, 'start', epoch), instanceId };
    const runs = running && (await startedAgain(agent, request, run.signal));
    await Promise.all([
      this.oldAgents.announce(run, instanceId, source.hostId),
      target.hostId !== source.hostId &&
        this.hosts.whereUp(target.hostId, (other) =>
          other.call('deleteInstance', { call: callOf(run, 'delete', epoch), instanceId }, run.signal),
        ),
    ]);
    await run.commit(async (tx) => {
      await this.ledger.become(tx, migrationId, 'reverted');
      await this.transitions.finishRevert(tx, instanceId, runs);
      if (!running || runs) return;
      await this.transitions.setFault(tx, instanceId, NOT_STARTED);
      await deleteIfEphemeral(tx, this.operations, instanceId);
    });
  }

  /** Before the switch: it goes on at the target, waiting for confirm or revert. After it: ERROR where it is now. */
  async failed(
    { operation, input, context }: Pick<Run, 'operation' | 'input' | 'context'>,
    error: Error,
    tx: EntityManager,
  ) {
    const instanceId = operation.resourceId;
    if (await this.ledger.isPast(tx, instanceId, input.target.epoch))
      return this.transitions.setError(tx, instanceId, faultOf(error));
    await this.ledger.become(tx, input.migrationId, 'finished');
    await this.transitions.clearTask(tx, instanceId, 'resize_reverting');
    await this.transitions.setFault(tx, instanceId, faultOf(error));
    if (context.keptStopped) await tx.update(Instance, { id: instanceId, vmState: 'resized' }, { powerState: 4 });
  }
}
