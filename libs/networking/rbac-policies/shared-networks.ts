import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import type { Network } from '../networks/network.entity.js';

/**
 * SQL: whether a policy shares the network with the project itself (not with all projects). `network`: SQL of its id;
 * `project`: SQL of the project. Index rbac_policies_once.
 */
export const sharedWith = (network: string, project: string): string =>
  `EXISTS (SELECT 1 FROM rbac_policies r WHERE r.object_type = 'network' AND r.object_id = ${network}
     AND r.action = 'access_as_shared' AND r.target_project = ${project})`;

/** Notes of each network whether a policy shares it with the caller's project. */
export async function noteSharing(tx: EntityManager, caller: Caller, networks: readonly Network[]): Promise<void> {
  const others = networks.filter(({ projectId, shared }) => projectId !== caller.projectId && !shared);
  if (!others.length || !caller.projectId) return;
  const rows = await tx.query<{ id: string }[]>(
    `SELECT n.id FROM networks n WHERE n.id = ANY($1::uuid[]) AND ${sharedWith('n.id', '$2')}`,
    [others.map(({ id }) => id), caller.projectId],
  );
  const shared = new Set(rows.map(({ id }) => id));
  for (const network of others) network.sharedWithCaller = shared.has(network.id);
}

/**
 * Whether projects that would lose the network, if it were no longer shared with `target`, have ports on it. The network's row
 * is locked, so no port is being made on it.
 */
export async function isUsedThrough(
  tx: EntityManager,
  network: Pick<Network, 'id' | 'projectId'>,
  target: string,
): Promise<boolean> {
  // Index ports_of_network.
  const rows = await tx.query<unknown[]>(
    `SELECT 1 FROM ports p
      WHERE p.network_id = $1 AND p.project_id NOT IN ($2, '') AND $3 IN ('*', p.project_id)
        AND NOT EXISTS (SELECT 1 FROM rbac_policies r
                         WHERE r.object_type = 'network' AND r.object_id = $1 AND r.action = 'access_as_shared'
                           AND r.target_project <> $3 AND r.target_project IN ('*', p.project_id))
      LIMIT 1`,
    [network.id, network.projectId, target],
  );
  return rows.length > 0;
}
