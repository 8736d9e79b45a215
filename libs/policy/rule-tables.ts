import { flavors } from './compute/flavors.policy.js';
import { computeHosts } from './compute/hosts.policy.js';
import { keyPairs } from './compute/keypairs.policy.js';
import { migrations } from './compute/migrations.policy.js';
import { quotaSets } from './compute/quota-sets.policy.js';
import { serverActions } from './compute/server-actions.policy.js';
import { serverGroups } from './compute/server-groups.policy.js';
import { serverMetadata } from './compute/server-metadata.policy.js';
import { servers } from './compute/servers.policy.js';
import { fleetHosts } from './fleet/hosts.policy.js';
import { fleetMoves } from './fleet/moves.policy.js';
import { fleetOperations } from './fleet/operations.policy.js';
import { domains, projects } from './identity/projects.policy.js';
import { roles } from './identity/roles.policy.js';
import { tokens } from './identity/tokens.policy.js';
import { users } from './identity/users.policy.js';
import { images } from './image/images.policy.js';
import { networks } from './network/networks.policy.js';
import { networkQuotasAndAgents } from './network/quotas-and-agents.policy.js';
import { ports } from './network/ports.policy.js';
import { rbacPolicies } from './network/rbac-policies.policy.js';
import { routers } from './network/routers.policy.js';
import { securityGroups } from './network/security-groups.policy.js';
import { subnetPools } from './network/subnet-pools.policy.js';
import { subnets } from './network/subnets.policy.js';
import type { RuleSpec } from './rule.js';

const tables = {
  ...tokens,
  ...projects,
  ...domains,
  ...users,
  ...roles,
  ...servers,
  ...serverActions,
  ...serverMetadata,
  ...migrations,
  ...flavors,
  ...keyPairs,
  ...serverGroups,
  ...quotaSets,
  ...computeHosts,
  ...images,
  ...networks,
  ...subnets,
  ...subnetPools,
  ...ports,
  ...routers,
  ...rbacPolicies,
  ...securityGroups,
  ...networkQuotasAndAgents,
  ...fleetHosts,
  ...fleetMoves,
  ...fleetOperations,
};

export type RuleName = keyof typeof tables;

/** Every rule there is, one file per noun. */
export const ruleTables: Readonly<Record<RuleName, RuleSpec>> = tables;
