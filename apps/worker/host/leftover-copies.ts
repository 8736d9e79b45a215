import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ListInstancesResponse } from '#generated/lxstack/agent/v1/agent';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import type { InstanceStatus } from '#generated/lxstack/agent/v1/types';
import { UnavailableError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import type { StepRun } from '#libs/operations/workflow';
import { callOf, HostCalls } from './host-calls.js';
import type { HostAgent } from './host-calls.js';

type Run = StepRun<unknown, unknown>;

/** Instances in one query. */
const PAGE = 500;

interface LeftCopy {
  id: string;
  epoch: number;
  /** Of the copy. */
  heldEpoch: number;
  busy: boolean;
  /** Where it is now; null where it is deleted or was never built. */
  host_id: string | null;
  /** The last move away from this host that ended well. */
  migration_id: string | null;
}

/**
 * Selects the instances that a host holds and may forget: deleted, never built, or at rest on another host. Keeps the copy of
 * an instance that is in ERROR elsewhere, because it may be the only one (invariant 5), unless its evacuation is `done`; of one
 * that waits for confirm or revert; and of one with a newer epoch than Postgres knows (a restored database), unless a failed
 * move left it at its target. Index: primary key of instances, operations_in_order.
 */
const LEFT = `
  SELECT i.id, greatest(i.epoch, held.epoch)::float8 AS epoch, held.epoch::float8 AS "heldEpoch",
    CASE WHEN i.deleted_at IS NULL THEN i.host_id END AS host_id,
    EXISTS (SELECT FROM operations o WHERE o.resource_type = 'instance' AND o.resource_id = i.id::text
      AND o.state IN ('pending', 'running', 'undoing')) AS busy,
    (SELECT m.uuid FROM migrations m WHERE m.instance_id = i.id AND m.source_host_id = $1
       AND m.status IN ('completed', 'confirmed') ORDER BY m.id DESC LIMIT 1) AS migration_id
  FROM instances i JOIN unnest($2::uuid[], $3::bigint[], $4::boolean[]) AS held(id, epoch, incoming) ON held.id = i.id
  WHERE (held.epoch <= i.epoch OR held.incoming)
    AND (i.deleted_at IS NOT NULL OR i.host_id IS NULL
      OR (i.host_id <> $1 AND (i.vm_state IN ('active', 'paused', 'stopped', 'resized')
        OR EXISTS (SELECT FROM migrations m WHERE m.instance_id = i.id AND m.source_host_id = $1 AND m.status = 'done'))))
    AND NOT EXISTS (SELECT FROM migrations m WHERE m.instance_id = i.id AND m.source_host_id = $1
      AND m.status IN ('finished', 'confirming', 'reverting'))`;

/** Ends evacuations that have finished; one still running asks for a resync of its own. */
const CLOSE_EVACUATIONS = `
  UPDATE migrations m SET status = 'completed', updated_at = now()
  FROM operations o
  WHERE m.source_host_id = $1 AND m.migration_type = 'evacuation' AND m.status = 'done'
    AND o.id = m.operation_id AND o.state NOT IN ('pending', 'running', 'undoing')`;

/** States in which a host's copy is complete. */
const WHOLE: ReadonlySet<InstanceState> = new Set([
  InstanceState.INSTANCE_STATE_RUNNING,
  InstanceState.INSTANCE_STATE_PAUSED,
  InstanceState.INSTANCE_STATE_STOPPED,
]);

/** Copies that hosts kept of instances which left or were deleted while the host could not be told. */
@Injectable()
export class LeftoverCopies {
  private readonly log = createLogger('worker');

  constructor(
    private readonly database: DataSource,
    private readonly hosts: HostCalls,
  ) {}

  /**
   * Asks the host what it holds, removes what is settled elsewhere, and closes the evacuations away from it. Throws
   * UnavailableError where some are still being changed, or where the host that they are on now does not answer: to be
   * tried again. What that host says it has not whole is kept here: it is all there is (invariant 5).
   */
  async clear(run: Run, hostId: string): Promise<void> {
    const open: string[] = [];
    await this.hosts.whereUp(hostId, async (agent) => {
      for await (const instances of this.pages(run, agent)) {
        const states = new Map(instances.map(({ id, state }) => [id, state]));
        const left = await this.leftOf(hostId, instances);
        const elsewhere = await this.wholeElsewhere(run, left);
        for (const copy of left) {
          const whole = elsewhere.get(copy.id);
          if (copy.busy || whole === undefined) open.push(copy.id);
          else if (whole) await this.remove(run, agent, copy, states.get(copy.id)!);
          else this.log.warn({ instance: copy.id, host: agent.host.name }, 'left copy kept: no other is whole');
        }
      }
      await this.database.query(CLOSE_EVACUATIONS, [hostId]);
    });
    if (open.length) throw new UnavailableError(`Still being changed, or on hosts that are down: ${open.join(', ')}.`);
  }

  private async *pages(run: Run, agent: HostAgent): AsyncGenerator<InstanceStatus[]> {
    let pageToken = '';
    do {
      const request = { pageSize: PAGE, pageToken };
      const page: ListInstancesResponse = await agent.call('listInstances', request, run.signal);
      yield page.instances;
      pageToken = page.nextPageToken;
    } while (pageToken);
  }

  /** Whether the instance's present host confirms that it has a copy of this epoch. True when none is needed; undefined when it is down. */
  private async wholeElsewhere(run: Run, left: LeftCopy[]): Promise<Map<string, boolean>> {
    const whole = new Map(left.filter(({ host_id }) => host_id === null).map(({ id }) => [id, true]));
    for (const [hostId, copies] of Map.groupBy(left, ({ host_id }) => host_id)) {
      if (hostId === null) continue;
      await this.hosts.whereUp(hostId, async (agent) => {
        const found = new Map<string, InstanceStatus>();
        for await (const instances of this.pages(run, agent)) for (const one of instances) found.set(one.id, one);
        for (const { id, heldEpoch } of copies) {
          const there = found.get(id);
          whole.set(id, there !== undefined && WHOLE.has(there.state) && there.epoch >= heldEpoch);
        }
      });
    }
    return whole;
  }

  private async leftOf(hostId: string, held: InstanceStatus[]): Promise<LeftCopy[]> {
    if (!held.length) return [];
    const incoming = held.map(({ state }) => state === InstanceState.INSTANCE_STATE_INCOMING);
    const values = [hostId, held.map(({ id }) => id), held.map(({ epoch }) => epoch), incoming];
    return this.database.query<LeftCopy[]>(LEFT, values);
  }

  /** Under the present epoch: should it come back to this host meanwhile, its agent refuses this one. */
  private async remove(run: Run, agent: HostAgent, { id, epoch, migration_id }: LeftCopy, state: InstanceState) {
    const instanceId = id;
    if (migration_id && state === InstanceState.INSTANCE_STATE_OUTGOING) {
      const call = callOf(run, `release ${id}`, epoch);
      await agent.call('releaseMigration', { call, migrationId: migration_id, instanceId }, run.signal);
    }
    await agent.call('deleteInstance', { call: callOf(run, `clear ${id}`, epoch), instanceId }, run.signal);
    this.log.info({ instance: id, host: agent.host.name, epoch }, 'left copy removed');
  }
}
