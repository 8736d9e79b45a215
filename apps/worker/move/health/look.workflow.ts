import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { GuestCpu, GuestHealth as Seen } from '#generated/lxstack/agent/v1/guest';
import { NotFoundError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { Instance } from '#libs/compute/instances/instance.entity';
import { AgentRefusedError, AgentTooOldError } from '#libs/fleet/agents/agent-errors';
import { guestHealth } from '#libs/mobility/health/guest-health';
import type { GuestHealth } from '#libs/mobility/health/guest-health';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { Events } from '#libs/operations/events';
import type { NewOperation } from '#libs/operations/operations.service';
import type { StepRun, Workflow } from '#libs/operations/workflow';
import { HostCalls } from '../../host/host-calls.js';

const KIND = 'migration.look';
const RUNNING = 1;
/** How long its tasks are watched. */
const WATCHED_SECONDS = 3;
/** After a live move: what had waited during the freeze is done by then. After a start: most guests are up. */
const PAUSE_SECONDS = { live: 1, started: 15 };

interface LookInput {
  /** What the tasks did before a live move, as its source saw it. */
  before?: GuestCpu;
}
type Run = StepRun<LookInput, object>;

/**
 * The look at a guest after its move, created in the transaction that ends the move: nothing waits for it. It has a
 * resource of its own and a queue of its own, which workers of releases without it leave alone.
 */
export function lookAfter(migrationId: string, how: 'live' | 'started', before?: GuestCpu): NewOperation {
  const input: LookInput = { before };
  const resource = { resourceType: 'migration-health', resourceId: migrationId };
  return { kind: KIND, queue: 'look', ...resource, by: null, input, delaySeconds: PAUSE_SECONDS[how] };
}

/** Asks the host how the guest does, and keeps what is amiss in the migration's record. */
@Injectable()
export class LookWorkflow implements Workflow<LookInput, object> {
  readonly kind = KIND;
  readonly queue = 'look';
  readonly steps = [{ name: 'look', run: (run: Run) => this.look(run), attempts: 5 }];
  private readonly log = createLogger('worker');

  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostCalls,
    private readonly events: Events,
  ) {}

  private async look(run: Run): Promise<void> {
    const migration = await this.migrationOf(run);
    const seen = (await this.standsThere(migration)) ? await this.seen(migration, run.signal) : undefined;
    // Stopped, deleted or moved on meanwhile: what was seen is of something else.
    const health = seen && (await this.standsThere(migration)) ? await this.judge(migration, seen, run.input) : null;
    // The time of the record stays that of the move's end.
    await run.commit((tx) =>
      tx.query(`UPDATE migrations SET health = $2 WHERE uuid = $1`, [migration.uuid, health && JSON.stringify(health)]),
    );
    if (health?.well === false)
      this.log.warn({ migration: migration.uuid, findings: health.findings }, 'a guest is not well after its move');
    this.tell(migration, health);
  }

  /** Nothing is known of the guest, which runs on. */
  async failed(run: Pick<Run, 'operation'>, error: Error): Promise<void> {
    this.log.warn({ migration: run.operation.resourceId, reason: error.message }, 'guest not looked at');
    this.tell(await this.migrationOf(run), null);
  }

  private migrationOf({ operation }: Pick<Run, 'operation'>): Promise<Migration> {
    return this.database.manager.findOneByOrFail(Migration, { uuid: operation.resourceId });
  }

  /** Whether it runs where the move brought it, and nothing is being done to it. */
  private async standsThere({ instanceId: id, destHostId }: Migration): Promise<boolean> {
    const instance = await this.database.manager.findOneBy(Instance, { id });
    return instance?.hostId === destHostId && instance?.powerState === RUNNING && instance.taskState === null;
  }

  /** Undefined where the host cannot tell: it has no such call yet, or no such guest any more. */
  private async seen({ instanceId, destHostId }: Migration, signal: AbortSignal): Promise<Seen | undefined> {
    const agent = await this.hosts.agent(destHostId);
    try {
      return await agent.call('getGuestHealth', { instanceId, seconds: WATCHED_SECONDS }, signal);
    } catch (error) {
      const expected = [AgentTooOldError, AgentRefusedError, NotFoundError].some((kind) => error instanceof kind);
      if (expected) return undefined;
      throw error;
    }
  }

  private async judge({ uuid }: Migration, seen: Seen, { before }: LookInput): Promise<GuestHealth> {
    const [{ seconds }] = await this.database.query<[{ seconds: number }]>(
      `SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 AS seconds FROM migrations WHERE uuid = $1`,
      [uuid],
    );
    return guestHealth(seen, before, seconds);
  }

  /** Without the single tasks, which would make the event large. */
  private tell({ uuid: id, projectId, instanceId, lost }: Migration, whole: GuestHealth | null): void {
    const health = whole && { ...whole, cpu: { ...whole.cpu, tasks: undefined } };
    this.events.publish({ type: 'migration', id, projectId, data: { instanceId, health, lost } });
  }
}
