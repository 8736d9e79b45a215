import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Call } from '#generated/lxstack/agent/v1/types';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../../host/host-calls.js';
import type { HostAgent } from '../../host/host-calls.js';
import { startedAgain } from '../../instance/started-again.js';
import { OldAgents } from '../../network/old-agents.js';
import { MoveLedger } from '../move-ledger.js';
import type { MoveContext } from '../move-context.js';
import { inTime } from '../step-time.js';

type Run = StepRun<MoveInput, MoveContext>;

/** Shut down at the source; undone by a start, where it ran. */
@Injectable()
export class StopSourceStep implements Step<MoveInput, MoveContext> {
  readonly name = 'stop';

  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostCalls,
    private readonly oldAgents: OldAgents,
    private readonly ledger: MoveLedger,
    private readonly transitions: InstanceTransitions,
  ) {}

  async run(run: Run): Promise<void> {
    const { operation, input, context } = run;
    context.wasRunning = input.before.powerState === 1;
    const instanceId = operation.resourceId;
    const agent = await this.hosts.agent(input.source.hostId);
    const call = callOf(run, this.name, input.source.epoch);
    const request = { call, instanceId, timeoutSeconds: 60 };
    await inTime(run, 'stop', (signal) => agent.call('stopInstance', request, signal));
    await run.commit((tx) => this.transitions.apply(tx, instanceId, 'resizeMigrating'));
  }

  async undo(run: Run): Promise<void> {
    const { operation, input, context } = run;
    const { hostId, epoch } = input.source;
    if (context.returned) return this.resume(run, epoch + 2);
    if (await this.ledger.isPast(this.database.manager, operation.resourceId, epoch)) return; // the target's
    await this.hosts.whereUp(hostId, (agent) => this.startAgain(run, agent, callOf(run, 'stop-undo', epoch)));
  }

  /** It was the target's: the source takes back the copy that it has kept. */
  private async resume(run: Run, epoch: number): Promise<void> {
    const { operation, input, context } = run;
    const instanceId = operation.resourceId;
    const agent = await this.hosts.agent(input.source.hostId);
    const call = callOf(run, 'give-back', epoch);
    await agent.call('revertMigration', { call, migrationId: input.migrationId, instanceId });
    await this.startAgain(run, agent, callOf(run, 'give-back-start', epoch));
    await this.oldAgents.announce(run, instanceId, input.source.hostId);
    context.resumed = true;
  }

  /** One that its host cannot start any more is stopped from now on, and said to be. */
  private async startAgain({ operation, input, context }: Run, agent: HostAgent, call: Call): Promise<void> {
    if (input.before.powerState !== 1) return;
    context.keptStopped = !(await startedAgain(agent, { call, instanceId: operation.resourceId }));
  }
}
