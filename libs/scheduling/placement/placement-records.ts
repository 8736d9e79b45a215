import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { requireAllowed } from '#libs/policy/policy';
import type { Target } from '#libs/policy/check/check';
import type { Explanation } from '../core/explanation.js';

/** A placement as its operation has kept it. */
export interface PlacementRecord {
  operationId: string;
  kind: string;
  at: Date;
  /** What the placing step wrote under `placement` in the operation's context. */
  explanation: Explanation | null;
  /** Where the placement found no host: one line per host. */
  reasons: string[];
}

/** Index: operations_by_resource. */
const LAST = `
  SELECT id AS "operationId", kind, created_at AS at, context -> 'placement' AS explanation,
    coalesce(failure -> 'details', '[]') AS reasons
  FROM operations
  WHERE resource_type = 'instance' AND resource_id = $1
    AND (context -> 'placement' IS NOT NULL OR failure ->> 'type' = 'NoValidHostError')
  ORDER BY created_at DESC, id DESC LIMIT 1`;

const OWNER = 'SELECT project_id, user_id FROM instances WHERE id = $1';

/** Why instances are where they are, read from the operations that placed them. */
@Injectable()
export class PlacementRecords {
  constructor(private readonly database: DataSource) {}

  /** The last placement of the instance. Throws PolicyDeniedError, NotFoundError where none is on record. */
  async last(caller: Caller, instanceId: string): Promise<PlacementRecord> {
    const [owner = {}] = await this.database.query<Target[]>(OWNER, [instanceId]);
    requireAllowed(caller, 'fleet:instances:explain', owner);
    const [record] = await this.database.query<PlacementRecord[]>(LAST, [instanceId]);
    if (!record) throw new NotFoundError('Placement of instance', instanceId);
    return record;
  }
}
