import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { tryLock } from '#libs/database/advisory-locks';
import { parseRevision } from './revision.js';
import type { Revision } from './revision.js';

/** The PostgreSQL channel on which every transaction that writes a change says NOTIFY. */
export const CHANGES_CHANNEL = 'lxstack_desired_state';

/**
 * A row of the log: what a reader must read again. `port`, `network`, `subnet`: that row was changed or deleted.
 * `router`: that router was changed, or an interface of it on the network `networkId` was. `group`: the rules of a security
 * group were; `member`: the ports in one. `host`: its tunnel end point changed. `guest`: what the port's instance is told of
 * itself changed. `arrival`: a live move of the instance to `toHostId` is under way, or that to `fromHostId` is no longer.
 * `mark`: nothing changed, but a caller waits until the network's hosts, or the host `toHostId`, have read this far.
 * `resend`: the host gets its whole document.
 */
export interface Change {
  kind:
    'port' | 'network' | 'subnet' | 'router' | 'host' | 'guest' | 'arrival' | 'mark' | 'resend' | 'group' | 'member';
  networkId: string | null;
  resourceId: string | null;
  /** Of `member`: the security group that the port `resourceId` has come into or left, or has another address in. */
  groupId: string | null;
  /** The host on which a port was bound before (or about to be), and the one on which it is now. */
  fromHostId: string | null;
  toHostId: string | null;
}

export interface ChangesSince {
  revision: Revision;
  changes: Change[];
}

/** Rows read at once; where there are more, every host gets its whole document. */
const MOST = 20_000;
const KEPT_MINUTES = 60;
const KEPT_ROWS = 200_000;

// Index desired_state_changes_by_transaction. One statement, so that rows and snapshot are of the same moment.
const SINCE = `
  SELECT l.incarnation, pg_current_snapshot()::text AS snapshot,
    l.pruned >= pg_snapshot_xmin(s.seen) OR pg_snapshot_xmax(s.seen) > pg_snapshot_xmax(pg_current_snapshot()) AS unknown,
    (SELECT coalesce(json_agg(c), '[]') FROM (
       SELECT kind, network_id AS "networkId", resource_id AS "resourceId", from_host_id AS "fromHostId",
              to_host_id AS "toHostId", group_id AS "groupId"
         FROM desired_state_changes
        WHERE xid >= pg_snapshot_xmin(s.seen) AND NOT pg_visible_in_snapshot(xid, s.seen)
        ORDER BY id LIMIT ${MOST + 1}) c) AS changes
  FROM desired_state_log l, (SELECT $1::pg_snapshot AS seen) s`;

const PRUNE = `
  WITH gone AS (
    DELETE FROM desired_state_changes WHERE created_at < now() - interval '${KEPT_MINUTES} minutes'
      OR id < (SELECT max(id) - ${KEPT_ROWS} FROM desired_state_changes) RETURNING xid)
  UPDATE desired_state_log SET pruned = greatest(pruned, (SELECT xid FROM gone ORDER BY xid DESC LIMIT 1))
   WHERE EXISTS (SELECT FROM gone)`;

/** The log of changes. A reader's place in it is the snapshot it has read, not a time or a number. */
@Injectable()
export class ChangeLog {
  constructor(private readonly database: DataSource) {}

  /** The database's present revision. */
  async now(tx: EntityManager = this.database.manager): Promise<Revision> {
    const [row] = await tx.query<Revision[]>(
      'SELECT incarnation, pg_current_snapshot()::text AS snapshot FROM desired_state_log',
    );
    return row;
  }

  /**
   * The changes that are not in the revision `seen`, with the revision that includes them. Undefined where the log
   * cannot tell: `seen` is of another database or older than what is kept, or there are too many changes.
   */
  async since(seen: string): Promise<ChangesSince | undefined> {
    const revision = parseRevision(seen);
    if (!revision) return undefined;
    const [row] = await this.database.query<(Revision & { unknown: boolean; changes: Change[] })[]>(SINCE, [
      revision.snapshot,
    ]);
    const { incarnation, snapshot, unknown, changes } = row;
    if (unknown || incarnation !== revision.incarnation || changes.length > MOST) return undefined;
    return { revision: { incarnation, snapshot }, changes };
  }

  /**
   * Writes, in the caller's transaction, marks for the networks of the instance: their hosts acknowledge the
   * transaction although no network changed. Returns the transaction (xid8) for `Acknowledgements.wait`.
   */
  async markInstance(tx: EntityManager, instanceId: string): Promise<{ xid: string; networkIds: string[] }> {
    const rows = await tx.query<{ networkId: string }[]>(
      'SELECT DISTINCT network_id AS "networkId" FROM ports WHERE instance_id = $1',
      [instanceId],
    );
    const networkIds = rows.map((row) => row.networkId);
    return { xid: networkIds.length ? await this.mark(tx, networkIds) : '0', networkIds };
  }

  /** As `markInstance`, for the hosts of these networks. */
  async mark(tx: EntityManager, networkIds: string[]): Promise<string> {
    const [row] = await tx.query<{ xid: string }[]>(
      `SELECT pg_current_xact_id()::text AS xid, count(note_desired_state('mark', id, NULL, NULL, NULL)::text)
         FROM unnest($1::uuid[]) AS id`,
      [networkIds],
    );
    return row.xid;
  }

  /** As `markInstance`, for these hosts, whatever networks they have. */
  async markHosts(tx: EntityManager, hostIds: string[]): Promise<string> {
    const [row] = await tx.query<{ xid: string }[]>(
      `SELECT pg_current_xact_id()::text AS xid, count(note_desired_state('mark', NULL, NULL, NULL, id)::text)
         FROM unnest($1::uuid[]) AS id`,
      [hostIds],
    );
    return row.xid;
  }

  /** Asks for the whole document to be sent to each of these hosts. */
  async resend(hostIds: string[]): Promise<void> {
    await this.database.query(
      `SELECT note_desired_state('resend', NULL, id, NULL, NULL) FROM unnest($1::uuid[]) AS id`,
      [hostIds],
    );
  }

  /**
   * Removes rows older than an hour and all but the newest 200,000. A host that was away for longer gets its whole
   * document.
   */
  async prune(): Promise<void> {
    await this.database.transaction(async (tx) => {
      if (await tryLock(tx, 'desiredStatePruning')) await tx.query(PRUNE);
    });
  }
}
