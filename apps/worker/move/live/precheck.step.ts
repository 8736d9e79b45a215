import { Injectable } from '@nestjs/common';
import { MigrationKind } from '#generated/lxstack/agent/v1/agent';
import { faultPoint } from '#libs/common/fault-point';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import { MoveRefusedError } from '#libs/mobility/migrations/move.errors';
import { blocksCapacity } from '#libs/mobility/eligibility/capacity-rules';
import type { Step, StepRun } from '#libs/operations/workflow';
import { HostCalls } from '../../host/host-calls.js';
import { InstanceSpecs } from '../../instance/instance-specs.js';
import type { MoveContext } from '../move-context.js';
import { MoveLedger } from '../move-ledger.js';
import { inTime } from '../step-time.js';

/** Asks the source, and the target if one was named, whether the move is possible, before anything is changed. Keeps every reason. */
@Injectable()
export class PrecheckStep implements Step<MoveInput, MoveContext> {
  readonly name = 'precheck';

  constructor(
    private readonly hosts: HostCalls,
    private readonly specs: InstanceSpecs,
    private readonly ledger: MoveLedger,
  ) {}

  async run(run: StepRun<MoveInput, MoveContext>): Promise<void> {
    await faultPoint('worker.precheck');
    const { source, targetHostId, migrationId, overCommitDisk = false, needs: known } = run.input;
    const { spec } = await this.specs.load(run.operation.resourceId);
    const request = { instanceId: spec.id, kind: MigrationKind.MIGRATION_KIND_LIVE, spec };
    const look = async (hostId: string, signal: AbortSignal) => {
      const agent = await this.hosts.agent(hostId);
      return { host: agent.host.name, seen: await agent.call('checkMigration', request, signal) };
    };
    const [here, there] = await inTime(run, 'precheck', (signal) =>
      Promise.all([
        known ? undefined : look(source.hostId, signal),
        targetHostId ? look(targetHostId, signal) : undefined,
      ]),
    );
    const { memoryNeededBytes = 0, diskNeededBytes = 0 } = known ?? here?.seen ?? {};
    run.context.needs = { memoryNeededBytes, diskNeededBytes };
    const room = there ? blocksCapacity(run.context.needs, there.host, there.seen, overCommitDisk) : [];
    const reasons = [...(here?.seen.reasons ?? []), ...(there?.seen.reasons ?? []), ...room];
    run.context.lookedAt = targetHostId ?? undefined;
    if (reasons.length) throw new MoveRefusedError('host', reasons);
    await run.commit((tx) => this.ledger.become(tx, migrationId, 'preparing'));
  }
}
