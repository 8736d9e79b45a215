import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

interface HostInstance {
  id: string;
  name: string;
  hostId: string;
}

/** Which instances run on which hosts. */
@Injectable()
export class HostInstances {
  constructor(private readonly database: DataSource) {}

  /**
   * Instances of these hosts by host id, at most 1000 for each host on average. Index instances (host_id) where
   * deleted_at is null.
   */
  async byHost(hostIds: string[]): Promise<Map<string, HostInstance[]>> {
    const rows = await this.database.query<HostInstance[]>(
      `SELECT id, name, host_id AS "hostId" FROM instances
        WHERE host_id = ANY($1) AND deleted_at IS NULL ORDER BY created_at LIMIT $2`,
      [hostIds, 1000 * hostIds.length],
    );
    return Map.groupBy(rows, (row) => row.hostId);
  }

  /** Number of instances on each of these hosts. Index as `byHost`. */
  async countByHost(hostIds: string[]): Promise<Map<string, number>> {
    const rows = await this.database.query<{ hostId: string; count: number }[]>(
      `SELECT host_id AS "hostId", count(*)::int AS count FROM instances
        WHERE host_id = ANY($1) AND deleted_at IS NULL GROUP BY host_id`,
      [hostIds],
    );
    return new Map(rows.map(({ hostId, count }) => [hostId, count]));
  }

  /** Number of instances on all hosts together. */
  async count(): Promise<number> {
    const [row] = await this.database.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM instances WHERE host_id IS NOT NULL AND deleted_at IS NULL',
    );
    return row!.count;
  }
}
