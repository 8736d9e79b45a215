import type { EntityManager } from 'typeorm';
import { NotFoundError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { defaultGroupId } from './default-group.js';
import { PortHasGroupsError, PortSecurityRequiredError } from './security-groups.errors.js';

// The lock keeps others from deleting a group while the caller's transaction puts a port into it.
const OWN = `
  SELECT id FROM security_groups WHERE id = ANY($1::uuid[]) AND project_id = $2 ORDER BY id FOR KEY SHARE`;

/**
 * Neutron: the groups of a new port: those named, else the default group where port security is on. Throws NotFoundError
 * for a group that is not the project's, and PortSecurityRequiredError.
 */
export async function groupsOfNewPort(
  tx: EntityManager,
  port: { projectId: string; portSecurityEnabled: boolean },
  wanted: readonly string[] | undefined,
): Promise<string[]> {
  if (wanted?.length && !port.portSecurityEnabled) throw new PortSecurityRequiredError();
  if (!port.portSecurityEnabled) return [];
  return wanted ? ownGroups(tx, port.projectId, wanted) : [await defaultGroupId(tx, port.projectId)];
}

/**
 * Neutron: the groups of a port after a change. Throws as `groupsOfNewPort`, and PortHasGroupsError where port security would
 * end while the port is in groups.
 */
export async function groupsOfChangedPort(
  tx: EntityManager,
  port: { projectId: string; portSecurityEnabled: boolean; securityGroupIds: string[] | null },
  wanted: readonly string[] | undefined,
): Promise<string[] | null> {
  const present = port.securityGroupIds;
  if (port.portSecurityEnabled) return wanted ? ownGroups(tx, port.projectId, wanted) : present;
  if (wanted?.length) throw new PortSecurityRequiredError();
  if (!wanted && present?.length) throw new PortHasGroupsError();
  return [];
}

async function ownGroups(tx: EntityManager, projectId: string, wanted: readonly string[]): Promise<string[]> {
  const ids = [...new Set(wanted)];
  const unknown = (known: readonly string[]) => ids.find((id) => !known.includes(id));
  const malformed = ids.find((id) => !UUID.test(id));
  if (malformed !== undefined) throw new NotFoundError('SecurityGroup', malformed);
  const rows = ids.length ? await tx.query<{ id: string }[]>(OWN, [ids, projectId]) : [];
  const missing = unknown(rows.map(({ id }) => id));
  if (missing !== undefined) throw new NotFoundError('SecurityGroup', missing);
  return ids;
}
