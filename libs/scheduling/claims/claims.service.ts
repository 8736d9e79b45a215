import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Resources } from '../core/request.js';
import { hostIsUp } from '#libs/fleet/hosts/host-state';

export interface Claim {
  /** The instance, or the migration that holds the other end of a move. */
  consumerId: string;
  instanceId: string;
  hostId: string;
  resources: Resources;
  /** Also on a host that is disabled, down or no compute host (Nova: force). Capacity is checked all the same. */
  force?: boolean;
}

export type ClaimOutcome =
  | { result: 'claimed'; hostId: string }
  /** The consumer has an allocation already: the claim is a repeated one. */
  | { result: 'held'; hostId: string }
  /** The host has no room, or must not be used, any more. */
  | { result: 'lost' };

/** Reserves capacity. Each statement changes the host's sums and the allocation together (invariant 3). */
@Injectable()
export class Claims {
  constructor(private readonly database: DataSource) {}

  /** Reserves capacity on the host, in one statement that also checks it. Idempotent by consumer. */
  async claim(claim: Claim, tx: EntityManager = this.database.manager): Promise<ClaimOutcome> {
    const { consumerId, instanceId, hostId, resources, force = false } = claim;
    const { vcpus, memoryMb, diskGb } = resources;
    const [{ held, claimed }] = await tx.query<{ held: string | null; claimed: string | null }[]>(CLAIM, [
      consumerId,
      instanceId,
      hostId,
      vcpus,
      memoryMb,
      diskGb,
      force,
    ]);
    if (held) return { result: 'held', hostId: held };
    return claimed ? { result: 'claimed', hostId: claimed } : { result: 'lost' };
  }

  /** Releases the consumer's allocations, on `hostId` or on all hosts. Releasing again is a success. */
  async release(consumerId: string, hostId?: string, tx: EntityManager = this.database.manager): Promise<void> {
    await tx.query(RELEASE, [consumerId, hostId ?? null]);
  }

  /** Releases all allocations of an instance and of its migrations, for its deletion. */
  async releaseInstance(instanceId: string, tx: EntityManager = this.database.manager): Promise<void> {
    await tx.query(RELEASE_INSTANCE, [instanceId]);
  }

  /**
   * The commit of a move: the instance takes over its migration's allocation at the target, and the migration the
   * instance's at the source (`release(migrationId)` follows). Sums stay as they are. Does nothing where the instance
   * is at `toHostId` already.
   */
  async swap(tx: EntityManager, instanceId: string, migrationId: string, toHostId: string): Promise<void> {
    await tx.query(SWAP, [instanceId, migrationId, toHostId]);
  }

  /** Ids of the hosts on which the consumer has an allocation. */
  async heldBy(consumerId: string, tx: EntityManager = this.database.manager): Promise<string[]> {
    const rows = await tx.query<{ host_id: string }[]>('SELECT host_id FROM allocations WHERE consumer_id = $1', [
      consumerId,
    ]);
    return rows.map((row) => row.host_id);
  }
}

/**
 * Indexes: primary keys of hosts, host_usage and allocations. The lock of the host's usage orders claims at the same
 * time.
 */
const CLAIM = `
  WITH held AS (
    SELECT host_id FROM allocations WHERE consumer_id = $1 LIMIT 1
  ), claimed AS (
    UPDATE host_usage u SET
      used_vcpus = u.used_vcpus + $4::int, used_memory_mb = u.used_memory_mb + $5::bigint,
      used_disk_gb = u.used_disk_gb + $6::bigint
    FROM hosts h
    WHERE u.host_id = $3::uuid AND h.id = u.host_id AND NOT EXISTS (SELECT FROM held)
      AND ($7::boolean OR (h.enabled AND ${hostIsUp('h')} AND h.role = 'compute'))
      AND u.used_vcpus + $4::int <= h.vcpus * h.cpu_ratio
      AND u.used_memory_mb + $5::bigint <= h.memory_mb * h.memory_ratio
      AND u.used_disk_gb + $6::bigint <= h.disk_gb * h.disk_ratio
    RETURNING u.host_id AS id
  ), written AS (
    INSERT INTO allocations (consumer_id, host_id, instance_id, vcpus, memory_mb, disk_gb)
    SELECT $1, id, $2, $4::int, $5::bigint, $6::bigint FROM claimed
  )
  SELECT (SELECT host_id FROM held) AS held, (SELECT id FROM claimed) AS claimed`;

const releaseWhere = (condition: string) => `
  WITH gone AS (
    DELETE FROM allocations WHERE ${condition} RETURNING host_id, vcpus, memory_mb, disk_gb
  ), sums AS (
    SELECT host_id, sum(vcpus)::int AS vcpus, sum(memory_mb)::bigint AS memory_mb, sum(disk_gb)::bigint AS disk_gb
    FROM gone GROUP BY host_id
  )
  UPDATE host_usage u SET
    used_vcpus = u.used_vcpus - sums.vcpus, used_memory_mb = u.used_memory_mb - sums.memory_mb,
    used_disk_gb = u.used_disk_gb - sums.disk_gb
  FROM sums WHERE u.host_id = sums.host_id`;

/** Index: primary key of allocations. */
const RELEASE = releaseWhere('consumer_id = $1::uuid AND ($2::uuid IS NULL OR host_id = $2::uuid)');

/** Index: allocations_by_instance. */
const RELEASE_INSTANCE = releaseWhere('instance_id = $1::uuid');

const SWAP = `
  UPDATE allocations held SET
    host_id = other.host_id, vcpus = other.vcpus, memory_mb = other.memory_mb, disk_gb = other.disk_gb,
    updated_at = now()
  FROM allocations other
  WHERE (held.consumer_id, other.consumer_id) IN (($1::uuid, $2::uuid), ($2::uuid, $1::uuid))
    AND EXISTS (SELECT FROM allocations WHERE consumer_id = $2::uuid AND host_id = $3::uuid)`;
