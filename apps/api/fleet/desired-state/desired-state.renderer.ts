import type { ResourceFailure } from '#generated/lxstack/agent/v1/desired_state';
import { hasCapability } from '#libs/fleet/hosts/host-state';
import type { Host } from '#libs/fleet/hosts/host.entity';
import type { HostDocument } from '#libs/networking/desired-state/host-documents';

/** Revisions are PostgreSQL snapshots (libs/networking/desired-state/README.md): for comparing, not for reading. */
export interface DesiredStateAnswer {
  desired_state: {
    host: string;
    /** Whether its agent follows the document; one of v0.1 is told by calls. */
    follows: boolean;
    /** Whether it has acknowledged every change that is about it, and nothing fails. */
    in_sync: boolean;
    wanted_revision: string;
    acknowledged_revision: string | null;
    acknowledged_at: Date | null;
    /** 1000 stands for that or more. */
    pending_changes: number;
    failures: ResourceFailure[];
    mended: string[];
    mended_at: Date | null;
    document: {
      networks: number;
      subnets: number;
      ports: number;
      peers: number;
      /** The 100 with the most peers. */
      largest: { network_id: string; subnets: number; ports: number; peers: number }[];
    };
  };
}

/** The answer of GET /fleet/v1/hosts/{host}/desired-state: revisions, what fails, how much the document is. */
export function renderDesiredState(host: Host, document: HostDocument): DesiredStateAnswer {
  const { acknowledgement, acknowledgedRevision, wantedRevision, pending, totals, networks } = document;
  const failures = acknowledgement?.failures ?? [];
  const isEmpty = totals.networks === 0;
  return {
    desired_state: {
      host: host.name,
      follows: hasCapability(host, 'desired-state'),
      in_sync: pending === 0 && failures.length === 0 && (isEmpty || acknowledgedRevision !== null),
      wanted_revision: wantedRevision,
      acknowledged_revision: acknowledgedRevision,
      acknowledged_at: acknowledgement?.acknowledgedAt ?? null,
      pending_changes: pending,
      failures,
      mended: acknowledgement?.mended ?? [],
      mended_at: acknowledgement?.mendedAt ?? null,
      document: {
        ...totals,
        largest: networks.map(({ networkId, subnets, ports, peers }) => ({
          network_id: networkId,
          subnets,
          ports,
          peers,
        })),
      },
    },
  };
}
