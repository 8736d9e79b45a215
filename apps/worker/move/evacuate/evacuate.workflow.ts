import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { UnavailableError } from '#libs/common/errors';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { Fencing } from '#libs/fleet/fencing/fencing.service';
import { resyncOf } from '#libs/fleet/leases/resync';
import { Operations } from '#libs/operations/operations.service';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { Forwarding } from '../../network/forwarding.js';
import { callOf, HostCalls } from '../../host/host-calls.js';
import { InstanceSpecs } from '../../instance/instance-specs.js';
import { faultOf } from '../../instance/fault.js';
import { ClaimTargetStep } from '../target/claim-target.step.js';
import type { MoveContext } from '../move-context.js';
import { MoveLedger } from '../move-ledger.js';
import { MoveSettlement } from '../move-settlement.js';

type Run = StepRun<MoveInput, MoveContext>;

/**
 * Away from a host that is down and has ended it, or is said to be dead (libs/fleet/fencing): the epoch rises before
 * anything starts elsewhere, so that the dead host's agent stops its copy when it comes back (invariant 2). The disk is
 * the one it had where hosts share it, else built anew from the image; ports and addresses stay.
 */
@Injectable()
export class EvacuateWorkflow implements Workflow<MoveInput, MoveContext> {
  readonly kind = 'instance.evacuate';
  readonly queue = 'migration';
  readonly steps: Step<MoveInput, MoveContext>[];

  constructor(
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly forwarding: Forwarding,
    private readonly ledger: MoveLedger,
    private readonly settlement: MoveSettlement,
    private readonly transitions: InstanceTransitions,
    private readonly operations: Operations,
    private readonly fencing: Fencing,
    claim: ClaimTargetStep,
  ) {
    this.steps = [
      claim,
      { name: 'switch', run: (run) => this.change(run), pointOfNoReturn: true },
      { name: 'spawn', run: (run) => this.spawn(run) },
    ];
  }

  private async change(run: Run): Promise<void> {
    const { operation, input, context } = run;
    await run.commit(async (tx) => {
      // Asked again with the host's row held: it may be up again, or no longer forced down.
      await this.fencing.requireOpen(tx, input.source.hostId, operation.resourceId);
      await this.transitions.switchHost(tx, operation.resourceId, input.source, context.targetHostId!);
      await this.settlement.exchange(tx, operation.resourceId, input.migrationId, context.targetHostId!);
      await this.settlement.release(tx, input.migrationId);
    });
  }

  private async spawn(run: Run): Promise<void> {
    const { operation, input, context, signal } = run;
    const id = operation.resourceId;
    const start = input.before.vmState !== 'stopped';
    const [{ spec }, agent] = await Promise.all([this.specs.load(id), this.hosts.agent(context.targetHostId!)]);
    const call = callOf(run, 'spawn', input.source.epoch + 1);
    try {
      await Promise.all([
        agent.call('createInstance', { call, spec, start }, signal),
        this.forwarding.announce(run, id, context.targetHostId!),
      ]);
    } catch (error) {
      if (!(error instanceof UnavailableError) || (await this.hosts.isUp(context.targetHostId!))) throw error;
      // Lost as well. It ends here, so that it can be evacuated again: whether it has begun to run there nobody knows.
      const lost = new UnavailableError(`Host ${agent.host.name} was lost while the instance was evacuated to it.`);
      return run.commit((tx) => this.failed(run, lost, tx));
    }
    await run.commit(async (tx) => {
      await this.transitions.finishEvacuation(tx, id, start);
      await this.ledger.become(tx, input.migrationId, 'done');
      // Back before this end: its resync may have gone by, and it still has its copy.
      if ((await this.fencing.bar(tx, input.source.hostId, id)).state === 'up')
        await this.operations.createIn(tx, resyncOf(input.source.hostId));
    });
  }

  /** Where it has changed host already it is in ERROR there, to be rebuilt or evacuated again; else as before. */
  async failed(run: Pick<Run, 'operation' | 'input'>, error: Error, tx: EntityManager) {
    const { operation, input } = run;
    await this.ledger.failed(tx, operation, input, ['rebuilding'], error);
    const moved = !(await this.ledger.isOn(tx, operation.resourceId, input.source.hostId));
    if (moved) await this.transitions.setError(tx, operation.resourceId, faultOf(error));
    else await this.transitions.setFault(tx, operation.resourceId, faultOf(error));
  }
}
