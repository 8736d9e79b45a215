import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Claims } from '../claims/claims.service.js';
import type { Explanation } from '../core/explanation.js';
import type { FleetView } from '../core/fleet-view.js';
import { rank } from '../core/rank.js';
import type { PlacementQuery, Resources } from '../core/request.js';
import { FleetCache } from './fleet-cache.js';
import { splitNeeds, unmetOfCpu } from './cpu-traits.js';
import { needsPortFilter } from './filtered-ports.js';
import { missingCpuFeatures } from './missing-cpu-features.js';
import { NoValidHostError } from './no-valid-host.error.js';
import { resolveHints } from './scheduler-hints.js';
import { lockGroup } from './server-group-members.js';

export interface PlacementRequest {
  /** The instance, or the migration that holds the other end of a move. */
  consumerId: string;
  instanceId: string;
  resources: Resources;
  availabilityZone?: string | null;
  /** Nova's scheduler hints: group, same_host, different_host. */
  hints?: Record<string, string | string[]>;
  requestedHostId?: string | null;
  /** With a requested host: only filters marked `always` are asked. */
  force?: boolean;
  excludedHostIds?: readonly string[];
  /** Capabilities that the host must have shown (`checkpoint`, `restore`, …), and traits; `!NAME`: must not have. */
  capabilities?: readonly string[];
  /** Of the image or, for a move, of the present host, by its canonical name. */
  architecture?: string | null;
  /** The driver of the host from which the disk is moved. */
  storageDriver?: string | null;
  /** Flags of the processor on which the instance runs now. */
  cpuFeatures?: readonly string[];
}

export interface PlacedHost {
  id: string;
  name: string;
  address: string;
  vtep: string;
}

export interface Placement {
  host: PlacedHost;
  /** Null where the consumer had its allocation already (a repeated call). */
  explanation: Explanation | null;
}

/** Lost claims after which the view is read again: it must be badly out of date. */
const MAX_LOST = 10;

/** Finds a host and reserves it. */
@Injectable()
export class Scheduler {
  private readonly cache: FleetCache;

  constructor(
    private readonly database: DataSource,
    private readonly claims: Claims,
  ) {
    this.cache = new FleetCache();
  }

  /**
   * Ranks the fleet in memory and claims in Postgres; after a lost race it takes the next candidate. Idempotent: a
   * consumer with an allocation gets its host again. With `tx` the claim is part of that transaction. Throws
   * NoValidHostError, and InvalidInputError for hints that name nothing.
   */
  async place(request: PlacementRequest, tx: EntityManager = this.database.manager): Promise<Placement> {
    const group = request.hints?.group;
    if (group) await lockGroup(tx, [group].flat()[0]);
    const query = await toQuery(request, tx);
    const known = await this.cache.fresh(tx);
    const first = await this.claimBest(known, request, query, tx);
    if ('host' in first) return first;
    // No host fits by a view that may be a second old: read it again before saying so.
    const second = await this.claimBest(await this.cache.read(tx), request, query, tx);
    if ('host' in second) return second;
    throw new NoValidHostError(second.explanation);
  }

  /**
   * What `place` would do now, for every host; changes nothing. Reads the table only where the present view has no host
   * that fits, or with `exact`. Throws InvalidInputError for hints that name nothing.
   */
  async explain(request: PlacementRequest, { exact = false } = {}): Promise<Explanation> {
    const { manager } = this.database;
    const query = await toQuery(request, manager);
    if (!exact) {
      const known = rank(await this.cache.fresh(manager), query, Math.random);
      if (known.candidates.length) return known.explanation;
    }
    return rank(await this.cache.read(manager), query, Math.random).explanation;
  }

  private async claimBest(
    fleet: FleetView,
    request: PlacementRequest,
    query: PlacementQuery,
    tx: EntityManager,
  ): Promise<Placement | { explanation: Explanation }> {
    const { consumerId, instanceId, resources, force } = request;
    const { candidates, explanation } = rank(fleet, query, Math.random);
    if (!candidates.length) {
      const [held] = await this.claims.heldBy(consumerId, tx);
      return held ? { host: await placedHost(tx, held), explanation: null } : { explanation };
    }
    for (const { index } of candidates.slice(0, MAX_LOST)) {
      const hostId = fleet.ids[index];
      // Counted before the claim is made, so that placements at the same time see it and spread.
      fleet.take(index, resources);
      const outcome = await this.claims.claim({ consumerId, instanceId, hostId, resources, force }, tx);
      if (outcome.result !== 'claimed') fleet.giveBack(index, resources);
      if (outcome.result === 'held') return { host: await placedHost(tx, outcome.hostId), explanation: null };
      if (outcome.result === 'lost') continue;
      const { id, name, address, vtep } = fleet.rows[index];
      return { host: { id, name, address, vtep }, explanation };
    }
    return { explanation };
  }
}

async function toQuery(request: PlacementRequest, tx: EntityManager): Promise<PlacementQuery> {
  const { instanceId, hints = {} } = request;
  const { ofCpu, others } = splitNeeds(request.capabilities ?? []);
  return {
    resources: request.resources,
    availabilityZone: request.availabilityZone ?? null,
    requestedHostId: request.requestedHostId ?? null,
    force: request.force ?? false,
    excludedHostIds: new Set(request.excludedHostIds),
    capabilities: others,
    needsPortFilter: await needsPortFilter(tx, instanceId),
    unmetOfCpu: await unmetOfCpu(tx, ofCpu),
    architecture: request.architecture ?? null,
    storageDriver: request.storageDriver ?? null,
    missingCpuFeatures: await missingCpuFeatures(tx, request.cpuFeatures ?? []),
    ...(await resolveHints(tx, instanceId, hints)),
  };
}

async function placedHost(tx: EntityManager, id: string): Promise<PlacedHost> {
  const { name, address, vtep } = await tx.findOneByOrFail(Host, { id });
  return { id, name, address, vtep };
}
