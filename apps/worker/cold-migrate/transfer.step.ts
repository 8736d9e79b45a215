import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { InstanceTransitions } from '#libs/compute/instances/instance-transitions';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { Step, StepRun } from '#libs/operations/workflow';
import type { MoveContext } from '../moves/move-context.js';
import { MoveEnds } from '../moves/move-ends.js';
import { MoveLedger } from '../moves/move-ledger.js';
import { MoveSettlement } from '../moves/move-settlement.js';
import { MoveTransfer } from '../moves/move-transfer.js';

/** Phases after which the whole disk is at the target. */
const arrived: readonly MigrationPhase[] = [
  MigrationPhase.MIGRATION_PHASE_AWAIT_COMMIT,
  MigrationPhase.MIGRATION_PHASE_COMPLETED,
];

/** The disk goes to the target; then host and epoch change in one transaction. Stopped, so there is no hurry. */
@Injectable()
export class TransferStep implements Step<MoveInput, MoveContext> {
  readonly name = 'transfer';
  readonly pointOfNoReturn = true;

  constructor(
    private readonly ends: MoveEnds,
    private readonly ledger: MoveLedger,
    private readonly transfer: MoveTransfer,
    private readonly settlement: MoveSettlement,
    private readonly transitions: InstanceTransitions,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    for await (const progress of this.transfer.follow(run, MigrationKind.MIGRATION_KIND_COLD))
      if (arrived.includes(progress.phase)) break;
    await run.commit((tx) => this.change(tx, run));
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
    await this.ledger.closeSwitch(run.input.migrationId);
    await Promise.all([this.ends.abort(run, 'source'), this.ends.abort(run, 'target')]);
  }
}
