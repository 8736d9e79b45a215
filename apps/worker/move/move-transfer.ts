import { Injectable } from '@nestjs/common';
import type { MigrationKind, MigrationProgress } from '#generated/lxstack/agent/v1/agent';
import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { settings } from '#libs/common/settings/settings';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../host/host-calls.js';
import type { MoveContext } from './move-context.js';
import { switchTimeoutMs } from './move-ledger.js';
import { MoveFailedError } from './move.errors.js';
import { MoveProgress } from './move-progress.js';

type Run = StepRun<MoveInput, MoveContext>;

/** Follows SendMigration at the source; a second call for the same migration joins what goes on there. */
@Injectable()
export class MoveTransfer {
  constructor(
    private readonly hosts: HostCalls,
    private readonly progress: MoveProgress,
  ) {}

  /** Each message of the source, kept and published on its way, until `signal` ends. Throws MoveFailedError where the source gave up. */
  async *follow(run: Run, kind: MigrationKind, signal: AbortSignal): AsyncGenerator<MigrationProgress> {
    const { input, context, operation } = run;
    const [agent, target] = await Promise.all([
      this.hosts.agent(input.source.hostId),
      this.hosts.host(context.targetHostId!),
    ]);
    const request = {
      call: callOf(run, 'send', input.source.epoch),
      migrationId: input.migrationId,
      kind,
      instanceId: operation.resourceId,
      dataAddress: context.dataAddress!,
      token: context.ticket!,
      targetHost: target.name,
      targetVtep: target.vtep,
      bandwidthBytesPerSecond: settings('moves').bandwidth,
      memoryMode: input.memoryMode ?? '',
      atOnce: input.atOnce ?? 0,
      switchTimeoutMs: switchTimeoutMs(),
      nextEpoch: input.source.epoch + 1,
    };
    try {
      for await (const message of agent.stream('sendMigration', request, signal)) {
        if (message.phase === MigrationPhase.MIGRATION_PHASE_FAILED) throw failed(message);
        if (message.phase === MigrationPhase.MIGRATION_PHASE_ABORTED) throw new MoveFailedError('send', 'aborted');
        this.progress.report(operation, message);
        yield message;
      }
    } finally {
      this.progress.forget(input.migrationId);
    }
  }

  /** Why the move failed, in the words of the end that did. */
  async failureOf(run: Run, otherwise: string): Promise<MoveFailedError> {
    const agent = await this.hosts.agent(run.input.source.hostId);
    const { migrationId } = run.input;
    const known = await agent
      .call('getMigration', { call: undefined, migrationId, instanceId: run.operation.resourceId }, run.signal)
      .catch(() => undefined);
    return known?.reason ? failed(known) : new MoveFailedError('switch', otherwise);
  }
}

function failed({ failedStep, reason, logTail }: MigrationProgress): MoveFailedError {
  return new MoveFailedError(failedStep || 'send', reason || 'the source gave no reason', logTail);
}
