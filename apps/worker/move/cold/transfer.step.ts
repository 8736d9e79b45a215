import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../../host/host-calls.js';
import { InstanceSpecs } from '../../instance/instance-specs.js';
import type { MoveContext } from '../move-context.js';
import { MoveEnds } from '../move-ends.js';
import { MoveLedger } from '../move-ledger.js';
import { MoveSettlement } from '../move-settlement.js';
import { MoveTransfer } from '../move-transfer.js';
import { inTime } from '../step-time.js';

/** Phases after which the whole disk is at the target. */
const arrived: readonly MigrationPhase[] = [
  MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT,
  MigrationPhase.MIGRATION_PHASE_COMPLETED,
];

/** The disk goes to the target (or stays, where a resize stays on its host); then host and epoch change in one transaction. Stopped, so there is no hurry. */
@Injectable()
export class TransferStep implements Step<MoveInput, MoveContext> {
  readonly name = 'transfer';

  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly ends: MoveEnds,
    private readonly ledger: MoveLedger,
    private readonly transfer: MoveTransfer,
    private readonly settlement: MoveSettlement,
    private readonly transitions: InstanceTransitions,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    if (run.context.sameHost) await this.resizeThere(run);
    else await this.sendDisk(run);
    await run.commit((tx) => this.change(tx, run));
  }

  private async sendDisk(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await inTime(run, 'transfer', async (signal) => {
      for await (const progress of this.transfer.follow(run, MigrationKind.MIGRATION_KIND_COLD, signal))
        if (arrived.includes(progress.phase)) break;
    });
  }

  /** The disk stays where it is; a copy of it waits for the revert. */
  private async resizeThere(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const { operation, input, signal } = run;
    const [{ spec }, agent] = await Promise.all([
      this.specs.load(operation.resourceId, input.newFlavor),
      this.hosts.agent(input.source.hostId),
    ]);
    const call = callOf(run, 'resize', input.source.epoch);
    await agent.call('resizeInstance', { call, migrationId: input.migrationId, spec }, signal);
  }

  private async change(tx: EntityManager, { operation, input, context }: StepRun<MoveInput, MoveContext>) {
    const id = operation.resourceId;
    await this.ledger.requireOpen(tx, input.migrationId);
    await this.ledger.become(tx, input.migrationId, 'post-migrating');
    await this.transitions.switchHost(tx, id, input.source, context.targetHostId!);
    await this.transitions.apply(tx, id, 'resizeFinishing');
    await this.settlement.exchange(tx, id, input.migrationId, context.targetHostId!);
  }

  async undo(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const { operation, input } = run;
    if (await this.ledger.isPast(this.database.manager, operation.resourceId, input.source.epoch))
      return this.giveBack(run);
    await this.ledger.closeSwitch(run.input.migrationId);
    if (run.context.sameHost) return this.takeBack(run);
    await Promise.all([this.ends.abort(run, 'source'), this.ends.abort(run, 'target')]);
  }

  /** Where the target did not say that nothing runs there it stays the target's, in ERROR (invariant 2). */
  private async giveBack(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const { operation, input, context } = run;
    const { source, migrationId } = input;
    if (!context.quiet) return;
    context.returned = true;
    await run.commit(async (tx) => {
      const there = { hostId: context.targetHostId!, epoch: source.epoch + 1 };
      await this.transitions.switchHost(tx, operation.resourceId, there, source.hostId);
      await this.settlement.exchange(tx, operation.resourceId, migrationId, source.hostId);
      await this.ledger.become(tx, migrationId, 'error');
    });
  }

  private async takeBack(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const { migrationId, source } = run.input;
    const call = callOf(run, 'resize-undo', source.epoch);
    await this.hosts.whereUp(source.hostId, (agent) =>
      agent.call('revertMigration', { call, migrationId, instanceId: run.operation.resourceId }),
    );
  }
}
