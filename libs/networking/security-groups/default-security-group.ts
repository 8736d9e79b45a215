import { createHash } from 'node:crypto';

export interface SecurityGroupRule {
  id: string;
  groupId: string;
  projectId: string;
  direction: 'ingress' | 'egress';
  etherType: 'IPv4' | 'IPv6';
}

export interface SecurityGroup {
  id: string;
  projectId: string;
  name: 'default';
  rules: SecurityGroupRule[];
}

/**
 * The only security group of a project; it is computed, not stored. It describes what every port does: all traffic may
 * pass, and port security alone drops frames. Users cannot make groups yet.
 */
export function defaultSecurityGroup(projectId: string): SecurityGroup {
  const id = derivedId(projectId, 'security group');
  const rules = (['egress', 'ingress'] as const).flatMap((direction) =>
    (['IPv4', 'IPv6'] as const).map((etherType) => ({
      id: derivedId(projectId, direction, etherType),
      groupId: id,
      projectId,
      direction,
      etherType,
    })),
  );
  return { id, projectId, name: 'default', rules };
}

/** SQL of the default group's id for the project that the column names: `derivedId` in PostgreSQL's words. */
export const defaultGroupOf = (column: string): string => `
  (SELECT concat_ws('-', substr(h, 1, 8), substr(h, 9, 4), '8' || substr(h, 14, 3), '8' || substr(h, 18, 3), substr(h, 21, 12))
     FROM encode(sha256(convert_to(${column} || chr(10) || 'security group', 'UTF8')), 'hex') AS h)`;

/** RFC 9562, version 8: a UUID that is always the same for the same words. */
function derivedId(...words: string[]): string {
  const hex = createHash('sha256').update(words.join('\n')).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
