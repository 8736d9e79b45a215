import type { DataSource } from 'typeorm';
import { SYSTEM } from './role.entity.js';

export interface AssignmentFilter {
  userId?: string;
  /** Of a project or a domain, or SYSTEM. */
  targetId?: string;
  /** What the target is; absent: either. */
  targetKind?: 'project' | 'domain';
  roleId?: string;
  /** With the roles that those assigned imply. */
  effective?: boolean;
}

/** An assignment with the names of what it joins. `target` is a project or a domain; null: the whole cloud. */
export interface AssignmentView {
  user: { id: string; name: string; domain: { id: string; name: string } };
  role: { id: string; name: string };
  /** Id of the role that was assigned and implies `role`; null where `role` itself was assigned. */
  priorRoleId: string | null;
  target: { id: string; name: string; isDomain: boolean; domain: { id: string; name: string } | null } | null;
}

/** SQL that holds where having the role `given` means having `r`. */
export const MEANS = `(given.id = r.id OR given.name = 'admin' AND r.name IN ('member', 'reader')
  OR given.name = 'member' AND r.name = 'reader')`;

/** `domainId`: only those on this domain and its projects; null: all. 1000 at most. */
export async function readAssignments(
  database: DataSource,
  { userId, targetId, targetKind, roleId, effective = false }: AssignmentFilter,
  domainId: string | null,
): Promise<AssignmentView[]> {
  return database.query<AssignmentView[]>(
    `SELECT DISTINCT ON (u.name, u.id, p.name, a.project_id, r.name)
            jsonb_build_object('id', u.id, 'name', u.name, 'domain', jsonb_build_object('id', ud.id, 'name', ud.name)) AS user,
            jsonb_build_object('id', r.id, 'name', r.name) AS role,
            CASE WHEN r.id <> given.id THEN given.id END AS "priorRoleId",
            CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('id', p.id, 'name', p.name, 'isDomain', p.is_domain, 'domain',
              CASE WHEN pd.id IS NOT NULL THEN jsonb_build_object('id', pd.id, 'name', pd.name) END) END AS target
       FROM role_assignments a JOIN users u ON u.id = a.user_id JOIN projects ud ON ud.id = u.domain_id
       JOIN roles given ON given.id = a.role_id
       JOIN roles r ON CASE WHEN $5::boolean THEN ${MEANS} ELSE given.id = r.id END
       LEFT JOIN projects p ON p.id = a.project_id
       LEFT JOIN projects pd ON pd.id = p.domain_id
      WHERE ($1::text IS NULL OR a.user_id = $1) AND ($2::text IS NULL OR a.project_id = $2)
        AND ($3::text IS NULL OR r.id = $3) AND ($4::text IS NULL OR p.id = $4 OR p.domain_id = $4)
        AND ($6::boolean IS NULL OR p.is_domain = $6)
        AND (p.id IS NOT NULL OR a.project_id = '${SYSTEM}')
      ORDER BY u.name, u.id, p.name, a.project_id, r.name, r.id <> given.id, given.name LIMIT 1000`,
    [
      userId ?? null,
      targetId ?? null,
      roleId ?? null,
      domainId,
      effective,
      targetKind ? targetKind === 'domain' : null,
    ],
  );
}
