import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ResourceFailure } from '#generated/lxstack/agent/v1/desired_state';
import { sleep } from '#libs/common/clock';
import { Notices } from '#libs/database/notices';
import { parseRevision } from './revision.js';
import { hostIsUp } from '#libs/fleet/hosts/host-state';

/** What a host's agent says of its document: the revision that it has applied, what failed, what it mended. */
export interface Acknowledgement {
  hostId: string;
  revision: string;
  failures: ResourceFailure[];
  mended: string[];
}

/** The row of `host_desired_state`: what a host acknowledged last. */
export interface HostDesiredState {
  hostId: string;
  /** A pg_snapshot as text. */
  revision: string | null;
  acknowledgedAt: Date | null;
  failures: ResourceFailure[];
  mended: string[];
  mendedAt: Date | null;
}

const CHANNEL = 'lxstack_desired_acks';
/** Milliseconds between two looks at the table: an event may be lost. */
const LOOK_MS = 1_000;

const WRITE = `
  INSERT INTO host_desired_state AS kept (host_id, revision, acknowledged_at, failures, mended, mended_at)
  SELECT host_id, snapshot, now(), failures, mended, CASE WHEN mended <> '[]' THEN now() END
    FROM unnest($1::uuid[], $2::text[]::pg_snapshot[], $3::jsonb[], $4::jsonb[]) AS a(host_id, snapshot, failures, mended)
  ON CONFLICT (host_id) DO UPDATE SET revision = excluded.revision, acknowledged_at = excluded.acknowledged_at,
    failures = excluded.failures,
    mended = CASE WHEN excluded.mended <> '[]' THEN excluded.mended ELSE kept.mended END,
    mended_at = coalesce(excluded.mended_at, kept.mended_at)`;

/** Whose acknowledgement is asked for. */
export type Followers = { networkIds: string[] } | { hostIds: string[] };

/** SQL: the followers among `hosts` (SQL over $2) that are up and have not acknowledged the transaction. */
const behind = (hosts: string) => `
  SELECT h.name FROM hosts h LEFT JOIN host_desired_state d ON d.host_id = h.id
   WHERE ${hosts}
     AND ${hostIsUp('h')}
     AND h.capabilities @> '[{"name": "desired-state", "present": true}]'
     AND NOT coalesce(pg_visible_in_snapshot($1::xid8, d.revision), false)
   ORDER BY h.name LIMIT 100`;

/** Hosts that have these networks, by a port or by a router. */
const BEHIND_OF_NETWORKS = behind('h.id IN (SELECT host_id FROM host_networks WHERE network_id = ANY($2::uuid[]))');
const BEHIND_OF_HOSTS = behind('h.id = ANY($2::uuid[])');

// A revision that is older than the log says nothing of what has been forgotten since. An arrival brings nothing to a host
// that has a port on the network.
const ACKNOWLEDGED_NETWORKS = `
  SELECT DISTINCT p.network_id AS id
    FROM port_hosts p JOIN host_desired_state d ON d.host_id = p.host_id JOIN hosts h ON h.id = p.host_id, desired_state_log l
   WHERE p.host_id = $1 AND p.network_id = ANY($2::uuid[]) AND l.pruned < pg_snapshot_xmin(d.revision)
     AND h.capabilities @> '[{"name": "desired-state", "present": true}]'
     AND NOT EXISTS (SELECT FROM desired_state_changes c
       WHERE c.xid >= pg_snapshot_xmin(d.revision) AND NOT pg_visible_in_snapshot(c.xid, d.revision)
         AND c.network_id = p.network_id AND $1 IN (c.from_host_id, c.to_host_id)
         AND (c.kind <> 'arrival' OR NOT EXISTS (SELECT FROM ports o WHERE o.host_id = $1 AND o.network_id = c.network_id)))
     AND NOT EXISTS (SELECT FROM jsonb_array_elements(d.failures) f WHERE f ->> 'id' = p.network_id::text)`;

/** Writes what hosts acknowledge, and waits for it. */
@Injectable()
export class Acknowledgements {
  constructor(
    private readonly database: DataSource,
    private readonly notices: Notices,
  ) {}

  /** Writes many hosts in one statement. `awaited`: a caller may be waiting for one of them. */
  async write(acknowledgements: Acknowledgement[], awaited: boolean): Promise<void> {
    const rows = acknowledgements.flatMap((one) => {
      const revision = parseRevision(one.revision);
      return revision ? [{ ...one, snapshot: revision.snapshot }] : [];
    });
    if (!rows.length) return;
    await this.database.query(WRITE, [
      rows.map(({ hostId }) => hostId),
      rows.map(({ snapshot }) => snapshot),
      rows.map(({ failures }) => JSON.stringify(failures)),
      rows.map(({ mended }) => JSON.stringify(mended)),
    ]);
    if (awaited) await this.database.query(`SELECT pg_notify('${CHANNEL}', '')`);
  }

  /**
   * Waits, at most `timeoutMs`, until all of these hosts (or all hosts of these networks) that are up have applied what
   * transaction `xid` (xid8) changed. Returns the names of the hosts that have not, at most 100.
   */
  async wait(xid: string, whose: Followers, timeoutMs: number, signal?: AbortSignal): Promise<string[]> {
    const deadline = Date.now() + timeoutMs;
    let woken = new AbortController();
    const stop = await this.notices.listen(CHANNEL, () => woken.abort());
    try {
      for (;;) {
        woken = new AbortController();
        const behind = await this.behind(xid, whose);
        const left = deadline - Date.now();
        if (!behind.length || left <= 0) return behind;
        const until = AbortSignal.any([woken.signal, ...(signal ? [signal] : [])]);
        await sleep(Math.min(LOOK_MS, left), until).catch(() => undefined); // woken
        signal?.throwIfAborted();
      }
    } finally {
      stop();
    }
  }

  /** Names of the hosts that are up and have not applied what the transaction changed; at most 100. */
  async behind(xid: string, whose: Followers): Promise<string[]> {
    const [sql, ids] = 'hostIds' in whose ? [BEHIND_OF_HOSTS, whose.hostIds] : [BEHIND_OF_NETWORKS, whose.networkIds];
    const rows = await this.database.query<{ name: string }[]>(sql, [xid, ids]);
    return rows.map(({ name }) => name);
  }

  /**
   * Those of the networks that the host has acknowledged as they are: it knows their peers, or will hear of new ones by
   * itself. Leaves out networks that a change may just be bringing to the host or taking from it, and those that fail
   * there. Indexes ports_on_host, desired_state_changes_by_transaction.
   */
  async networksAt(hostId: string, networkIds: string[]): Promise<Set<string>> {
    const rows = await this.database.query<{ id: string }[]>(ACKNOWLEDGED_NETWORKS, [hostId, networkIds]);
    return new Set(rows.map(({ id }) => id));
  }

  /** What these hosts have acknowledged, by host id. */
  async of(hostIds: string[]): Promise<Map<string, HostDesiredState>> {
    const rows = await this.database.query<HostDesiredState[]>(
      `SELECT host_id AS "hostId", revision::text, acknowledged_at AS "acknowledgedAt", failures, mended, mended_at AS "mendedAt"
         FROM host_desired_state WHERE host_id = ANY($1::uuid[])`,
      [hostIds],
    );
    return new Map(rows.map((row) => [row.hostId, row]));
  }
}
