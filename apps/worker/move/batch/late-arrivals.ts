import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Instances of the host that the batch does not know. Its id, the host's. */
const TAKE_IN = `
  INSERT INTO move_batch_items (batch_id, instance_id, position, source_host_id, status)
  SELECT $1, n.id, row_number() OVER (ORDER BY n.created_at, n.id)
    + (SELECT coalesce(max(position), -1) FROM move_batch_items WHERE batch_id = $1), $2, 'pending'
  FROM instances n
  WHERE n.host_id = $2 AND n.deleted_at IS NULL
    AND NOT EXISTS (SELECT FROM move_batch_items i WHERE i.batch_id = $1 AND i.instance_id = n.id)
  ON CONFLICT DO NOTHING RETURNING instance_id`;

/** Moves to the host that have claimed their place and are not committed. Index: allocations_on_host. */
const ON_THEIR_WAY = `
  SELECT EXISTS (
    SELECT FROM allocations a JOIN migrations m ON m.uuid = a.consumer_id
    WHERE a.host_id = $1 AND m.dest_host_id = $1) AS coming`;

/** Finds instances that come to a host after its drain has begun: their move was under way, or somebody forced them there. */
@Injectable()
export class LateArrivals {
  constructor(private readonly database: DataSource) {}

  /** `coming`: nothing has arrived yet, and the host is not empty for good. */
  async of(batchId: string, hostId: string): Promise<'none' | 'taken in' | 'coming'> {
    const [{ coming }] = await this.database.query<{ coming: boolean }[]>(ON_THEIR_WAY, [hostId]);
    const taken = await this.database.query<unknown[]>(TAKE_IN, [batchId, hostId]);
    if (taken.length) return 'taken in';
    return coming ? 'coming' : 'none';
  }
}
