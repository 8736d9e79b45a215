import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { InstanceStatus } from '#generated/lxstack/agent/v1/types';
import type { HostAgent } from '../hosts/host-calls.js';

const PAGE = 500;

/**
 * Of these instances, those that are not the host's any more. `lost`: for good, being deleted, or at rest on another
 * host (invariant 5). The others are still being changed. A copy that waits for confirm or revert is none of them.
 */
const ELSEWHERE = `
  SELECT i.id, i.epoch::float8 AS epoch,
    (i.deleted_at IS NOT NULL OR i.vm_state IN ('active', 'paused', 'stopped', 'resized'))
    AND NOT EXISTS (SELECT FROM operations o WHERE o.resource_type = 'instance' AND o.resource_id = i.id::text
                    AND o.state IN ('pending', 'running', 'undoing')) AS lost
  FROM instances i
  WHERE i.id = ANY($1::uuid[]) AND (i.deleted_at IS NOT NULL OR i.host_id <> $2)
    AND NOT EXISTS (SELECT FROM migrations m WHERE m.instance_id = i.id AND m.status = 'finished'
                    AND m.source_host_id = $2)`;

interface Copy {
  id: string;
  epoch: number;
  lost: boolean;
}

/** What a host that was away still has of instances that are not its own any more. */
@Injectable()
export class LeftCopies {
  constructor(private readonly database: DataSource) {}

  /** Finds them, page by page of the agent's list. */
  async *of(hostId: string, agent: HostAgent): AsyncGenerator<Copy> {
    for (let pageToken = ''; ;) {
      const { instances, nextPageToken } = await agent.call('listInstances', { pageSize: PAGE, pageToken });
      yield* await this.elsewhere(hostId, instances);
      if (!nextPageToken) return;
      pageToken = nextPageToken;
    }
  }

  private async elsewhere(hostId: string, found: InstanceStatus[]): Promise<Copy[]> {
    if (!found.length) return [];
    const kept = new Map(found.map(({ id, epoch }) => [id, epoch]));
    const rows = await this.database.query<Copy[]>(ELSEWHERE, [[...kept.keys()], hostId]);
    // The target of a move that failed may have been given an epoch that was never committed.
    return rows.map((row) => ({ ...row, epoch: Math.max(row.epoch, kept.get(row.id) ?? 0) }));
  }
}
