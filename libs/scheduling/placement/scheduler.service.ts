import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Claims } from '../claims/claims.service.js';
import type { Explanation } from '../core/explanation.js';
import type { Resources } from '../core/request.js';

export interface PlacementRequest {
  /** The instance, or the migration that holds the other end of a move. */
  consumerId: string;
  instanceId: string;
  resources: Resources;
  availabilityZone?: string | null;
  /** Nova's scheduler hints: group, same_host, different_host. */
  hints?: Record<string, string | string[]>;
  requestedHostId?: string | null;
  /** With a requested host: only its capacity is looked at. */
  force?: boolean;
  excludedHostIds?: readonly string[];
  /** Capabilities the host must have shown: `checkpoint`, `restore`. */
  capabilities?: readonly string[];
  /** Of the image: only its architecture is looked at. */
  imageProperties?: Record<string, string>;
}

export interface PlacedHost {
  id: string;
  name: string;
  address: string;
  vtep: string;
}

export interface Placement {
  host: PlacedHost;
  /** Null where the consumer held its host already (a repeated call). */
  explanation: Explanation | null;
}

/** Finds a host and reserves it. */
@Injectable()
export class Scheduler {
  constructor(readonly claims: Claims) {}

  /**
   * Ranks the fleet in memory, claims in Postgres; a lost race takes the next candidate. Idempotent by consumer: who
   * holds a host gets the same again. With `tx` the claim is part of it. Throws NoValidHostError.
   */
  async place(_request: PlacementRequest, _tx?: EntityManager): Promise<Placement> {
    return Promise.reject(new Error('not yet'));
  }
}
