import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { NotFoundError, UnavailableError } from '#libs/common/errors';
import { deleteIfEphemeral } from '#libs/compute/instances/actions/ephemeral';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { sharesDisks } from '#libs/mobility/migrations/move-checks';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { Fencing } from '#libs/fleet/fencing/fencing.service';
import { resyncOf } from '#libs/fleet/leases/resync';
import { Operations } from '#libs/operations/operations.service';
import type { Step, StepRun, Workflow } from '#libs/operations/workflow';
import { OldAgents } from '../../network/old-agents.js';
import { callOf, HostCalls } from '../../host/host-calls.js';
import { startedAgain } from '../../instance/started-again.js';
import { InstanceSpecs } from '../../instance/instance-specs.js';
import { faultOf } from '../../instance/fault.js';
import { ClaimTargetStep } from '../target/claim-target.step.js';
import { lookAfter } from '../health/look.workflow.js';
import type { MoveContext } from '../move-context.js';
import { MoveLedger } from '../move-ledger.js';
import { MoveSettlement } from '../move-settlement.js';

/** What its steps find out besides. */
interface EvacuateContext extends MoveContext {
  /** The disk is whole at the target; nothing runs there yet. */
  built?: boolean;
  /** The target was lost while it started it: it stays there, in ERROR. */
  lost?: boolean;
}

type Run = StepRun<MoveInput, EvacuateContext>;

/** Tries of the start that get no answer; it is given up after them. */
const START_ATTEMPTS = 5;

/**
 * Away from a host that is down and has ended it, or is said to be dead (libs/fleet/fencing). Its disk is made at the
 * target before anything changes: the one it had where hosts share it, else anew from the image. Then the epoch rises,
 * before anything starts, so that the dead host's agent stops its copy when it comes back (invariant 2). Whatever fails up
 * to the start gives the server back to its host, as it was.
 */
@Injectable()
export class EvacuateWorkflow implements Workflow<MoveInput, EvacuateContext> {
  readonly kind = 'instance.evacuate';
  readonly queue = 'migration';
  readonly steps: Step<MoveInput, EvacuateContext>[];

  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly oldAgents: OldAgents,
    private readonly ledger: MoveLedger,
    private readonly settlement: MoveSettlement,
    private readonly transitions: InstanceTransitions,
    private readonly operations: Operations,
    private readonly fencing: Fencing,
    claim: ClaimTargetStep,
  ) {
    this.steps = [
      claim,
      { name: 'build', run: (run) => this.build(run), undo: (run, error) => this.unbuild(run, error) },
      { name: 'switch', run: (run) => this.change(run), undo: (run) => this.changeBack(run) },
      {
        name: 'spawn',
        run: (run) => this.spawn(run),
        undo: (run) => this.quieten(run),
        attempts: START_ATTEMPTS,
        pointOfNoReturn: true,
      },
      { name: 'finish', run: (run) => this.finish(run) },
    ];
  }

  /** Under the present epoch: while the source owns it, the target's copy counts for nothing and is not started. */
  private async build(run: Run): Promise<void> {
    const { operation, input, context, signal } = run;
    const instanceId = operation.resourceId;
    const [{ spec }, agent] = await Promise.all([this.specs.load(instanceId), this.hosts.agent(context.targetHostId!)]);
    // What an evacuation that failed may have left there could be of an image that it has no more.
    const { epoch } = input.source;
    await agent.call('deleteInstance', { call: callOf(run, 'clear', epoch), instanceId }, signal);
    const call = callOf(run, 'build', epoch);
    await agent.call('createInstance', { call, spec, start: false, keepOwner: true }, signal);
    context.built = true;
  }

  private async unbuild(run: Run, error: Error): Promise<void> {
    const { operation, input, context } = run;
    const [instanceId, targetHostId] = [operation.resourceId, context.targetHostId!];
    if (await this.ledger.isOn(this.database.manager, instanceId, targetHostId)) return;
    await this.clearTarget(run, 'unbuild');
    if (!context.returned || input.before.powerState !== 1 || error.name === 'OperationCancelledError') return;
    // Its agent, where that lives, may have heard meanwhile that another host owned it, and stopped it.
    const call = callOf(run, 'resume', input.source.epoch + 2);
    await this.hosts.whereUp(input.source.hostId, async (agent) => {
      context.keptStopped = !(await startedAgain(agent, { call, instanceId }));
    });
  }

  private async change(run: Run): Promise<void> {
    const { operation, input, context } = run;
    await run.commit(async (tx) => {
      // Asked again with the host's row held: it may be up again, or no longer forced down.
      await this.fencing.requireOpen(tx, input.source.hostId, operation.resourceId);
      await this.transitions.switchHost(tx, operation.resourceId, input.source, context.targetHostId!);
      await this.settlement.exchange(tx, operation.resourceId, input.migrationId, context.targetHostId!);
    });
  }

  /** Where the target did not say that nothing runs there it stays the target's, in ERROR (invariant 2). */
  private async changeBack(run: Run): Promise<void> {
    const { operation, input, context } = run;
    const { source, migrationId } = input;
    const id = operation.resourceId;
    if (!context.quiet || !(await this.ledger.isPast(this.database.manager, id, source.epoch))) return;
    const there = { hostId: context.targetHostId!, epoch: source.epoch + 1 };
    context.returned = true;
    await run.commit(async (tx) => {
      await this.transitions.switchHost(tx, id, there, source.hostId);
      await this.settlement.exchange(tx, id, migrationId, source.hostId);
    });
  }

  private async spawn(run: Run): Promise<void> {
    const { context, input } = run;
    try {
      await this.startAtTarget(run);
    } catch (error) {
      if (!(error instanceof UnavailableError) || !(await this.isLost(run))) throw error;
      const { name } = await this.hosts.host(context.targetHostId!);
      // It ends here, so that it can be evacuated again: whether it has begun to run there nobody knows.
      const lost = new UnavailableError(`Host ${name} was lost while the instance was evacuated to it.`);
      context.lost = true;
      return run.commit(async (tx) => {
        await this.settlement.release(tx, input.migrationId);
        await this.failed(run, lost, tx);
      });
    }
  }

  /** A stopped one is stopped once more: from now on its disk is the target's. */
  private async startAtTarget(run: Run): Promise<void> {
    const { operation, input, context, signal } = run;
    const instanceId = operation.resourceId;
    const start = isToRun(input);
    const agent = await this.hosts.agent(context.targetHostId!);
    const call = callOf(run, 'spawn', input.source.epoch + 1);
    if (!context.built) {
      // It was accepted by a control plane that built it here.
      const { spec } = await this.specs.load(instanceId);
      await agent.call('createInstance', { call, spec, start, keepOwner: false }, signal);
    } else if (start) await agent.call('startInstance', { call, instanceId }, signal);
    else await agent.call('stopInstance', { call, instanceId, timeoutSeconds: 0 }, signal);
  }

  /** A shared disk may be the target's by now, which then must not clear it away. */
  private async isLost({ operation, input, context }: Run): Promise<boolean> {
    if (!(await this.hosts.isUp(context.targetHostId!))) return true;
    const shared = sharesDisks(await this.hosts.host(input.source.hostId));
    return shared && operation.attempts + 1 >= START_ATTEMPTS;
  }

  private async quieten(run: Run): Promise<void> {
    if (!run.context.built) return;
    const agent = await this.hosts.agent(run.context.targetHostId!);
    const call = callOf(run, 'spawn-undo', run.input.source.epoch + 1);
    await agent.call('deleteInstance', { call, instanceId: run.operation.resourceId }).catch(unlessGone);
    run.context.quiet = true;
  }

  private clearTarget(run: Run, step: string): Promise<void> {
    const call = callOf(run, step, run.input.source.epoch + 1);
    return this.hosts.whereUp(run.context.targetHostId!, (agent) =>
      agent.call('deleteInstance', { call, instanceId: run.operation.resourceId }),
    );
  }

  private async finish(run: Run): Promise<void> {
    const { operation, input, context } = run;
    if (context.lost) return;
    const id = operation.resourceId;
    await this.oldAgents.announce(run, id, context.targetHostId!);
    await run.commit(async (tx) => {
      await this.transitions.finishEvacuation(tx, id, isToRun(input));
      await this.ledger.become(tx, input.migrationId, 'done');
      await this.settlement.release(tx, input.migrationId);
      if (isToRun(input)) await this.operations.createIn(tx, lookAfter(input.migrationId, 'started'));
      // Back before this end: its resync may have gone by, and it still has its copy.
      if ((await this.fencing.bar(tx, input.source.hostId, id)).state === 'up')
        await this.operations.createIn(tx, resyncOf(input.source.hostId));
    });
  }

  /** Where it is another host's it is in ERROR there, to be rebuilt or evacuated again; else as before. */
  async failed(run: Pick<Run, 'operation' | 'input' | 'context'>, error: Error, tx: EntityManager) {
    const { operation, input, context } = run;
    await this.ledger.failed(tx, operation, input, ['rebuilding'], error);
    const moved = !(await this.ledger.isOn(tx, operation.resourceId, input.source.hostId));
    if (moved) await this.transitions.setError(tx, operation.resourceId, faultOf(error));
    else await this.transitions.setFault(tx, operation.resourceId, faultOf(error));
    if (!context.keptStopped) return;
    await this.transitions.foundStopped(tx, operation.resourceId);
    await deleteIfEphemeral(tx, this.operations, operation.resourceId);
  }
}

const isToRun = ({ before }: MoveInput): boolean => before.vmState !== 'stopped';

function unlessGone(error: unknown): void {
  if (!(error instanceof NotFoundError)) throw error;
}
