import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { hostTarget } from '#libs/fleet/hosts/host-target';
import { requireAllowed } from '#libs/policy/policy';
import type { HostDesiredState } from './acknowledgements.js';
import { Acknowledgements } from './acknowledgements.js';
import { ChangeLog } from './change-log.js';
import { renderRevision } from './revision.js';

/** How much of one network is in a host's document. */
export interface NetworkShare {
  networkId: string;
  subnets: number;
  /** Ports of the host itself. */
  ports: number;
  /** Ports of all hosts, its own among them. */
  peers: number;
}

/** One host's document as Postgres has it, and how far the host says it is. */
export interface HostDocument {
  /** Where the database is now: what a host that is not behind has applied all of. */
  wantedRevision: string;
  /** Of the newest revision that the host acknowledged; null where it never did. */
  acknowledgedRevision: string | null;
  acknowledgement: HostDesiredState | null;
  /** Changes of the log that are about it and that it has not acknowledged; `MOST_PENDING` at most. */
  pending: number;
  totals: { networks: number; subnets: number; ports: number; peers: number };
  /** Those with the most peers; `MOST_NETWORKS` at most. */
  networks: NetworkShare[];
}

export const MOST_PENDING = 1_000;
const MOST_NETWORKS = 100;

/** Indexes ports_on_host, ports_mac (network_id first), subnets_of_network. */
const NETWORKS = `
  WITH own AS (
    SELECT network_id, (SELECT count(*)::int FROM ports p WHERE p.network_id = n.network_id AND p.host_id = $1) AS ports
      FROM host_networks n WHERE host_id = $1),
  shares AS (
    SELECT own.network_id AS "networkId", own.ports,
      (SELECT count(*)::int FROM subnets s WHERE s.network_id = own.network_id) AS subnets,
      (SELECT count(*)::int FROM ports p JOIN hosts h ON h.id = p.host_id AND h.vtep <> ''
        WHERE p.network_id = own.network_id) AS peers
      FROM own)
  SELECT (SELECT json_build_object('networks', count(*), 'subnets', coalesce(sum(subnets), 0),
            'ports', coalesce(sum(ports), 0), 'peers', coalesce(sum(peers), 0)) FROM shares) AS totals,
    (SELECT coalesce(json_agg(most), '[]')
       FROM (SELECT * FROM shares ORDER BY peers DESC, "networkId" LIMIT ${MOST_NETWORKS}) most) AS networks`;

/** Index desired_state_changes_by_transaction. A change of a host's address is about the networks of its ports. */
const PENDING = `
  SELECT count(*)::int AS pending FROM (
    SELECT FROM desired_state_changes c, host_desired_state d
     WHERE d.host_id = $1 AND c.xid >= pg_snapshot_xmin(d.revision) AND NOT pg_visible_in_snapshot(c.xid, d.revision)
       AND c.kind <> 'mark'
       AND ($1 IN (c.from_host_id, c.to_host_id)
         OR (c.kind = 'resend' AND c.resource_id = $1)
         OR c.network_id IN (SELECT network_id FROM host_networks WHERE host_id = $1)
         OR (c.kind = 'router' AND EXISTS (SELECT FROM port_hosts a JOIN ports r ON r.network_id = a.network_id
               WHERE a.host_id = $1 AND r.router_id = c.resource_id))
         OR (c.kind = 'host' AND EXISTS (SELECT FROM host_networks a JOIN ports b ON b.network_id = a.network_id
               WHERE a.host_id = $1 AND b.host_id = c.resource_id)))
     LIMIT ${MOST_PENDING}) found`;

/** For operators: what one host's desired state is, and whether the host has made it so. */
@Injectable()
export class HostDocuments {
  constructor(
    private readonly database: DataSource,
    private readonly changes: ChangeLog,
    private readonly acknowledgements: Acknowledgements,
  ) {}

  /** Throws PolicyDeniedError. */
  async show(caller: Caller, host: Host): Promise<HostDocument> {
    requireAllowed(caller, 'fleet:hosts:show_desired_state', hostTarget(host));
    return this.of(host.id);
  }

  /** As `show`, for the control plane itself. */
  async of(hostId: string): Promise<HostDocument> {
    const [acknowledgements, now, [shares], [{ pending }]] = await Promise.all([
      this.acknowledgements.of([hostId]),
      this.changes.now(),
      this.database.query<Pick<HostDocument, 'totals' | 'networks'>[]>(NETWORKS, [hostId]),
      this.database.query<{ pending: number }[]>(PENDING, [hostId]),
    ]);
    const acknowledgement = acknowledgements.get(hostId) ?? null;
    const snapshot = acknowledgement?.revision;
    return {
      wantedRevision: renderRevision(now),
      acknowledgedRevision: snapshot ? renderRevision({ incarnation: now.incarnation, snapshot }) : null,
      acknowledgement,
      pending,
      ...shares,
    };
  }
}
