import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { settings } from '#libs/common/settings/settings';
import { messageOf } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { createLogger } from '#libs/common/logger';
import { tryLock } from '#libs/database/advisory-locks';
import { IS_MARKED } from '#libs/fleet/fencing/fence-promises';
import { fenceMarginSeconds } from '#libs/fleet/fencing/fence-times';
import { LEASE_SECONDS } from '#libs/fleet/leases/leases.service';
import { Mandate } from '#libs/mobility/migrations/mandate';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import { hostIsUp } from '#libs/fleet/hosts/host-state';
import { Rounds } from '#libs/common/rounds';

const ROUND_MS = 5_000;
/** Instances in one round at most; the next round takes the next ones. */
const BATCH = 100;

const MOST_UP = `
  SELECT count(*) FILTER (WHERE ${hostIsUp()}) * 2 >= count(*) AS most
  FROM hosts WHERE role = 'compute' AND enabled`;

/**
 * Marked instances whose bar is open (libs/fleet/fencing judges it again). One that could not be evacuated is tried again
 * after a minute. Index instances_on_host.
 */
const LOST = `
  SELECT i.id, i.project_id, i.user_id, h.name AS host
  FROM hosts h
  JOIN instances i ON i.host_id = h.id AND i.deleted_at IS NULL
  LEFT JOIN host_fences f ON f.host_id = h.id
  WHERE ${IS_MARKED} AND i.vm_state IN ('active', 'stopped', 'error') AND i.task_state IS DISTINCT FROM 'deleting'
    AND (h.forced_down OR (i.id = ANY(f.instance_ids)
      AND h.lease_expires_at + make_interval(secs => f.stop_seconds + $1) <= clock_timestamp()))
    AND NOT EXISTS (SELECT FROM migrations m WHERE m.instance_id = i.id AND m.migration_type = 'evacuation'
      AND m.source_host_id = h.id AND m.created_at > now() - interval '1 minute')
  ORDER BY h.id, i.id LIMIT $2`;

interface Lost {
  id: string;
  project_id: string;
  user_id: string;
  host: string;
}

/**
 * Evacuates marked instances without an operator, where `LXSTACK_AUTO_EVACUATE` is true. A lease ends without an event, so
 * this looks every five seconds.
 */
@Injectable()
export class AutoEvacuation implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = createLogger('auto-evacuation');
  private readonly rounds = new Rounds(
    ROUND_MS,
    () => this.round(performance.now()),
    (error) => {
      this.mostUpSince = undefined; // nobody knows what the hosts did meanwhile
      this.log.warn({ reason: messageOf(error) }, 'no look at lost hosts');
    },
  );
  private mostUpSince: number | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly migrations: Migrations,
  ) {}

  onApplicationBootstrap(): void {
    if (settings('fencing').autoEvacuate) this.rounds.start(0);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One look at `now` (milliseconds, any steady clock). Gives the ids of what is evacuated. */
  async round(now: number): Promise<string[]> {
    if (!(await this.isFleetWell(now))) return [];
    return this.database.transaction(async (tx) => {
      if (!(await tryLock(tx, 'autoEvacuation'))) return [];
      const begun: string[] = [];
      for (const lost of await tx.query<Lost[]>(LOST, [fenceMarginSeconds(), BATCH]))
        if (await this.evacuate(lost)) begun.push(lost.id);
      return begun;
    });
  }

  /**
   * After an outage of the control plane itself every lease has ended, and all hosts are about to be back: most of them
   * must have been up for the time of a lease.
   */
  private async isFleetWell(now: number): Promise<boolean> {
    const [{ most }] = await this.database.query<{ most: boolean }[]>(MOST_UP);
    this.mostUpSince = most ? (this.mostUpSince ?? now) : undefined;
    return this.mostUpSince !== undefined && now - this.mostUpSince >= LEASE_SECONDS * 1000;
  }

  private async evacuate({ id, project_id, user_id, host }: Lost): Promise<boolean> {
    const requestId = `req-${newId()}`;
    const by = new Mandate({ userId: user_id, projectId: project_id, requestId });
    try {
      await this.migrations.evacuate(by, id);
      this.log.warn({ instance: id, host, requestId }, 'evacuating: its host is lost');
      return true;
    } catch (error) {
      this.log.warn({ instance: id, host, reason: messageOf(error) }, 'not evacuated');
      return false;
    }
  }
}
