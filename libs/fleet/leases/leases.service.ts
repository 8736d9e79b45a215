import { Injectable } from '@nestjs/common';
import type { HeartbeatRequest, HeartbeatResponse } from '#generated/lxstack/agent/v1/control_plane';
import { NotFoundError } from '#libs/common/errors';
import { Operations } from '#libs/operations/operations.service';
import { exchangeFences } from '../fencing/fence-promises.js';
import { Host } from '../hosts/host.entity.js';
import { resyncOf } from './resync.js';

/** Seconds that a host is up after its last heartbeat; agents send one every third of this time. */
export const LEASE_SECONDS = 15;

/**
 * Renews the lease. `back`: the host was down, or this is another agent process than before. A host that is forced down
 * gets no lease.
 */
const RENEW = `
  WITH before AS (
    SELECT id, boot_id <> $3 OR lease_expires_at IS NULL OR lease_expires_at < now() AS back FROM hosts WHERE name = $1
  )
  UPDATE hosts SET lease_expires_at = now() + make_interval(secs => $2), boot_id = $3
  FROM before WHERE hosts.id = before.id AND NOT hosts.forced_down
  RETURNING hosts.id, before.back`;

/** Writes what the host has and can, where it differs from what is kept. */
const PUBLISH = `
  UPDATE hosts SET
    vtep = $2, vcpus = $3, memory_mb = $4, disk_gb = $5, capabilities = $6, facts = $7, updated_at = now()
  WHERE name = $1 AND NOT forced_down
    AND (vtep, vcpus, memory_mb, disk_gb, capabilities, facts)
      IS DISTINCT FROM ($2::text, $3::int, $4::bigint, $5::bigint, $6::jsonb, $7::jsonb)`;

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Heartbeats: each renews the host's lease and publishes what the host has and can. */
@Injectable()
export class Leases {
  constructor(private readonly operations: Operations) {}

  /**
   * `hostname` comes from the agent's certificate. Answers with no lease (0 seconds) to a host that is forced down: its
   * agent then asks who owns its instances, and fences the marked ones. Throws NotFoundError for a host that never
   * joined or was removed.
   */
  async renew(hostname: string, { host, bootId, fence }: HeartbeatRequest): Promise<HeartbeatResponse> {
    const inventory = host?.inventory ?? { vcpus: 0, memoryBytes: 0, diskBytes: 0 };
    const facts = {
      kernel: host?.kernel ?? '',
      architecture: host?.architecture ?? '',
      storageDriver: host?.storageDriver ?? '',
      agentVersion: host?.agentVersion ?? '',
      dataAddress: host?.dataAddress ?? '',
      runtime: host?.runtime ?? '',
      cpuFeatures: host?.cpuFeatures ?? [],
    };
    const published = [
      hostname,
      host?.vtep ?? '',
      inventory.vcpus,
      Math.floor(inventory.memoryBytes / MIB),
      Math.floor(inventory.diskBytes / GIB),
      JSON.stringify(host?.capabilities ?? []),
      JSON.stringify(facts),
    ];
    // A host that is back is told what moved meanwhile by the operation `host.resync`, made in the transaction that
    // renews its lease.
    return this.operations.transact(async (tx, create) => {
      const [[rows]] = await Promise.all([
        tx.query<[{ id: string; back: boolean }[], number]>(RENEW, [hostname, LEASE_SECONDS, bootId]),
        tx.query(PUBLISH, published),
      ]);
      if (!rows.length) {
        if (await tx.existsBy(Host, { name: hostname, forcedDown: true })) return { leaseSeconds: 0, fence: undefined };
        throw new NotFoundError('Host', hostname);
      }
      const [{ id, back }] = rows;
      if (back) await create(resyncOf(id));
      return { leaseSeconds: LEASE_SECONDS, fence: await exchangeFences(tx, id, fence) };
    });
  }
}
