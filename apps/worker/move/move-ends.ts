import { Injectable } from '@nestjs/common';
import { NotFoundError, UnavailableError } from '#libs/common/errors';
import type { EndState } from '#libs/mobility/live/resume-plan';
import type { MoveInput } from '#libs/mobility/migrations/move-operations';
import type { StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from '../host/host-calls.js';
import type { MoveContext } from './move-context.js';

type Run = StepRun<MoveInput, MoveContext>;
type End = 'source' | 'target';

/** Calls to both agents of one move. Every call may be repeated. */
@Injectable()
export class MoveEnds {
  constructor(private readonly hosts: HostCalls) {}

  /** What both ends know of the move, asked at the same time. */
  async ask(run: Run): Promise<{ source: EndState; target: EndState }> {
    const [source, target] = await Promise.all([this.stateOf(run, 'source'), this.stateOf(run, 'target')]);
    return { source, target };
  }

  async commit(run: Run, end: End): Promise<void> {
    const agent = await this.hosts.agent(this.hostOf(run, end));
    await agent.call('commitMigration', this.request(run, `commit-${end}`), run.signal);
  }

  /** As `commit`; an end whose host is down finds out by itself when it comes back. */
  async commitWhereUp(run: Run, end: End): Promise<void> {
    await this.hosts.whereUp(this.hostOf(run, end), (agent) =>
      agent.call('commitMigration', this.request(run, `commit-${end}`), run.signal),
    );
  }

  /** Undoes one end; an end whose host is down does it by itself when it comes back. */
  async abort(run: Run, end: End): Promise<void> {
    await this.hosts.whereUp(this.hostOf(run, end), (agent) =>
      agent.call('abortMigration', this.request(run, `abort-${end}`, end === 'target' ? 1 : 0)),
    );
  }

  /** Removes the source's copy (invariant 5: only after the target was seen running). */
  async release(run: Run): Promise<void> {
    await this.hosts.whereUp(run.input.source.hostId, (agent) =>
      agent.call('releaseMigration', this.request(run, 'release'), run.signal),
    );
  }

  private hostOf(run: Run, end: End): string {
    return end === 'source' ? run.input.source.hostId : run.context.targetHostId!;
  }

  private async stateOf(run: Run, end: End): Promise<EndState> {
    try {
      const agent = await this.hosts.agent(this.hostOf(run, end));
      return (await agent.call('getMigration', { ...this.request(run, ''), call: undefined }, run.signal)).phase;
    } catch (error) {
      if (error instanceof NotFoundError) return 'unknown';
      if (error instanceof UnavailableError) return 'unreachable';
      throw error;
    }
  }

  private request(run: Run, step: string, epochsOn = 1) {
    return {
      call: callOf(run, step, run.input.source.epoch + epochsOn),
      migrationId: run.input.migrationId,
      instanceId: run.operation.resourceId,
    };
  }
}
