import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { MigrationKind } from '#generated/lxstack/agent/v1/agent';
import type { PrepareMigrationResponse } from '#generated/lxstack/agent/v1/agent';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { faultPoint } from '#libs/common/fault-point';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { MoveRefusedError } from '#libs/mobility/migrations/move.errors';
import { blocksCapacity } from '#libs/mobility/eligibility/capacity-rules';
import type { Step, StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../../host/host-calls.js';
import type { HostAgent } from '../../host/host-calls.js';
import { InstanceSpecs } from '../../instance/instance-specs.js';
import type { MoveContext } from '../move-context.js';
import { forwardInPages, MOST_AT_ONCE } from '../../network/forwarding-pages.js';
import { HostNetworkView } from '../../network/host-network-view.js';
import { NetworkFollowers } from '../../network/network-followers.js';
import { MoveLedger } from '../move-ledger.js';
import { MoveFailedError } from '../move.errors.js';
import { inTime } from '../step-time.js';

/** Target: image, empty root, networks and, for a live move, the frame buffer and all that its document says of the networks. */
@Injectable()
export class PrepareTargetStep implements Step<MoveInput, MoveContext> {
  readonly name = 'prepare';

  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly networks: HostNetworkView,
    private readonly followers: NetworkFollowers,
    private readonly ledger: MoveLedger,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await faultPoint('worker.prepare');
    const { input, context, operation } = run;
    const { migrationId } = input;
    if (context.sameHost) return run.commit((tx) => this.ledger.become(tx, migrationId, 'migrating'));
    const prepared = await inTime(run, 'prepare', (signal) => this.prepare(run, signal));
    context.dataAddress = prepared.dataAddress;
    context.ticket = prepared.token;
    const live = kindOf(operation.kind) === MigrationKind.MIGRATION_KIND_LIVE;
    await run.commit((tx) => this.ledger.become(tx, migrationId, live ? 'running' : 'migrating'));
  }

  private async prepare(run: StepRun<MoveInput, MoveContext>, signal: AbortSignal): Promise<PrepareMigrationResponse> {
    const { input, context, operation } = run;
    const hostId = context.targetHostId!;
    const [{ spec }, agent] = await Promise.all([
      this.specs.load(operation.resourceId, input.newFlavor),
      this.hosts.agent(hostId),
    ]);
    const kind = kindOf(operation.kind);
    const reasons = context.lookedAt === hostId ? [] : await this.against(run, agent, spec, signal);
    if (reasons.length) throw new MoveRefusedError('host', reasons);
    const live = kind === MigrationKind.MIGRATION_KIND_LIVE;
    const networkIds = spec.networks.map(({ id }) => id);
    const entries = [...(await this.networks.entriesForMove(spec.id, networkIds, hostId))];
    const each = Math.floor(MOST_AT_ONCE / Math.max(1, entries.length));
    const forwarding = entries.map(([networkId, all]) => ({ networkId, entries: all.slice(0, each) }));
    const nextEpoch = input.source.epoch + 1;
    const call = callOf(run, this.name, nextEpoch);
    const { migrationId } = input;
    const request = { call, migrationId, kind, spec, forwarding, nextEpoch };
    const prepared = await agent.call('prepareMigration', request, signal);
    for (const [networkId, all] of entries) await forwardInPages(agent, run, networkId, all.slice(each), signal);
    if (live && !(await this.followers.madeNetworks(agent.host, networkIds, signal)))
      throw new MoveFailedError(this.name, `${agent.host.name} has not made the networks`);
    return prepared;
  }

  /** What a target that nobody has asked yet says against it. */
  private async against(
    { input, context, operation }: StepRun<MoveInput, MoveContext>,
    agent: HostAgent,
    spec: InstanceSpec,
    signal: AbortSignal,
  ): Promise<string[]> {
    const request = { instanceId: spec.id, kind: kindOf(operation.kind), spec };
    const [seen, needs] = await Promise.all([
      agent.call('checkMigration', request, signal),
      context.needs ?? this.hosts.agent(input.source.hostId).then((it) => it.call('checkMigration', request, signal)),
    ]);
    return [...seen.reasons, ...blocksCapacity(needs, agent.host.name, seen, input.overCommitDisk ?? false)];
  }

  /** Removes every trace at the target. A target that is down drops it by itself when it comes back (GetOwnership). */
  async undo(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const { input, operation, context } = run;
    if (context.sameHost) return;
    const instanceId = operation.resourceId;
    if (context.returned) return context.resumed ? this.clearAway(run) : undefined; // it may be the only copy
    if (await this.ledger.isPast(this.database.manager, instanceId, input.source.epoch)) return; // the target's
    await this.hosts.whereUp(context.targetHostId!, (agent) =>
      agent.call('abortMigration', {
        call: callOf(run, 'prepare-undo', input.source.epoch + 1),
        migrationId: input.migrationId,
        instanceId,
      }),
    );
  }

  /** A copy that was the instance already, and is not any more. */
  private clearAway(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    const call = callOf(run, 'given-back', run.input.source.epoch + 2);
    return this.hosts.whereUp(run.context.targetHostId!, (agent) =>
      agent.call('deleteInstance', { call, instanceId: run.operation.resourceId }),
    );
  }
}

/** Live for `instance.live-migrate`, cold for every other operation that moves. */
export function kindOf(operationKind: string): MigrationKind {
  return operationKind === 'instance.live-migrate'
    ? MigrationKind.MIGRATION_KIND_LIVE
    : MigrationKind.MIGRATION_KIND_COLD;
}
