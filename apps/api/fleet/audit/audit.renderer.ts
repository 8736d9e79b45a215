import type { Difference, DifferenceKind } from '#libs/fleet/audit/difference';

/** What an audit answers; the kinds are those of libs/fleet/audit/difference.ts. */
export interface AuditAnswer {
  differences: { kind: DifferenceKind; message: string; host: string | null; network_id: string | null }[];
}

/** The answer of GET /fleet/v1/audit; what a difference does not have is null. */
export function renderAudit(differences: readonly Difference[]): AuditAnswer {
  return {
    differences: differences.map(({ kind, message, host = null, networkId = null }) => ({
      kind,
      message,
      host,
      network_id: networkId,
    })),
  };
}
