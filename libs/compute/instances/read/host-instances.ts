import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ownOf, requireAllowed } from '#libs/policy/policy';
import type { HostRule } from '#libs/fleet/hosts/hosts.service';

interface HostInstance {
  id: string;
  name: string;
  hostId: string;
}

/** Which instances hosts have, under the rule by which the hosts are shown. Everything here throws PolicyDeniedError. */
@Injectable()
export class HostInstances {
  constructor(private readonly database: DataSource) {}

  /**
   * Instances of these hosts by host id, at most 1000 for each host on average. Index instances (host_id) where
   * deleted_at is null.
   */
  async byHost(caller: Caller, rule: HostRule, hostIds: string[]): Promise<Map<string, HostInstance[]>> {
    requireAllowed(caller, rule, ownOf(caller));
    const rows = await this.database.query<HostInstance[]>(
      `SELECT id, name, host_id AS "hostId" FROM instances
        WHERE host_id = ANY($1) AND deleted_at IS NULL ORDER BY created_at LIMIT $2`,
      [hostIds, 1000 * hostIds.length],
    );
    return Map.groupBy(rows, (row) => row.hostId);
  }

  /** Number of instances on each of these hosts. Index as `byHost`. */
  async countByHost(caller: Caller, rule: HostRule, hostIds: string[]): Promise<Map<string, number>> {
    requireAllowed(caller, rule, ownOf(caller));
    const rows = await this.database.query<{ hostId: string; count: number }[]>(
      `SELECT host_id AS "hostId", count(*)::int AS count FROM instances
        WHERE host_id = ANY($1) AND deleted_at IS NULL GROUP BY host_id`,
      [hostIds],
    );
    return new Map(rows.map(({ hostId, count }) => [hostId, count]));
  }

  /** Number of instances on all hosts together. */
  async count(caller: Caller, rule: HostRule): Promise<number> {
    requireAllowed(caller, rule, ownOf(caller));
    const [row] = await this.database.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM instances WHERE host_id IS NOT NULL AND deleted_at IS NULL',
    );
    return row!.count;
  }
}
