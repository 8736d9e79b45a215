import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { allows } from '#libs/policy/policy';
import { sharedWith } from '../rbac-policies/shared-networks.js';
import type { SubnetPools } from '../ports/address-allocation.js';

/** A network with its subnets' pools: what is needed to allocate an address on it. */
export interface NetworkPools {
  id: string;
  projectId: string;
  shared: boolean;
  portSecurityEnabled: boolean;
  subnets: SubnetPools[];
}

const POOLS = `
  SELECT n.id, n.project_id AS "projectId", n.shared, n.port_security_enabled AS "portSecurityEnabled",
    (SELECT coalesce(json_agg(json_build_object('id', s.id, 'version', s.ip_version, 'cidr', s.cidr,
       'pools', s.allocation_pools) ORDER BY s.created_at, s.id), '[]')
     FROM subnets s WHERE s.network_id = n.id) AS subnets
  FROM networks n`;

// The lock keeps others from deleting the network while the caller's transaction makes a port on it.
const LOCK = 'FOR KEY SHARE OF n';

/** Those of the networks `ids` that the caller may use, by id; locked against deletion. */
export async function usableNetworks(
  tx: EntityManager,
  caller: Caller,
  ids: string[],
): Promise<Map<string, NetworkPools>> {
  if (!ids.length) return new Map();
  const rows = await tx.query<NetworkPools[]>(
    `${POOLS} WHERE n.id = ANY($1::uuid[]) AND ($2 OR n.shared OR n.project_id = $3 OR ${sharedWith('n.id', '$3')}) ${LOCK}`,
    [ids, allows(caller, 'get_network:all_projects'), caller.projectId],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * The first two networks with a subnet that belong to the caller's project, or else the shared ones. Two tell the
 * caller that the choice is ambiguous.
 */
export async function defaultNetworks(tx: EntityManager, caller: Caller): Promise<NetworkPools[]> {
  // Index networks_of_project.
  const rows = await tx.query<NetworkPools[]>(
    `${POOLS} WHERE (n.project_id = $1 OR n.shared OR ${sharedWith('n.id', '$1')}) AND EXISTS (SELECT 1 FROM subnets s WHERE s.network_id = n.id)
     ORDER BY (n.project_id = $1) DESC, n.created_at LIMIT 2 ${LOCK}`,
    [caller.projectId],
  );
  const own = rows.filter((row) => row.projectId === caller.projectId);
  return own.length ? own : rows;
}
