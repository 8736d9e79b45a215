import type { DataSource } from 'typeorm';
import { MEANS } from '../roles/role-assignment.rows.js';
import { SYSTEM } from '../roles/role.entity.js';
import type { Named, Principal } from '../principal.js';

interface Row {
  token_hash: string;
  audit_id: string;
  methods: string[];
  issued_at: Date;
  expires_at: Date;
  user_id: string;
  user_name: string;
  user_domain: Named;
  system: boolean;
  scope: (Named & { is_domain: boolean; domain: Named | null }) | null;
  roles: Named[];
}

/** The token, its user, its scope and the roles there, implied ones included. Uses primary keys only. */
const PRINCIPAL = `
  SELECT t.token_hash, t.audit_id, t.system, t.methods, t.issued_at, t.expires_at, u.id AS user_id, u.name AS user_name,
         json_build_object('id', ud.id, 'name', ud.name) AS user_domain,
         CASE WHEN s.id IS NOT NULL THEN json_build_object('id', s.id, 'name', s.name, 'is_domain', s.is_domain,
           'domain', json_build_object('id', sd.id, 'name', sd.name)) END AS scope,
         (SELECT coalesce(json_agg(json_build_object('id', r.id, 'name', r.name) ORDER BY r.name), '[]')
            FROM roles r WHERE EXISTS (
              SELECT 1 FROM role_assignments a JOIN roles given ON given.id = a.role_id
               WHERE a.user_id = u.id AND a.project_id = CASE WHEN t.system THEN '${SYSTEM}' ELSE s.id END
                 AND ${MEANS})) AS roles
    FROM tokens t
    JOIN users u ON u.id = t.user_id AND u.enabled
    JOIN projects ud ON ud.id = u.domain_id AND ud.enabled
    LEFT JOIN projects s ON s.id = coalesce(t.project_id, t.domain_id)
    LEFT JOIN projects sd ON sd.id = s.domain_id
   WHERE t.token_hash = ANY($1) AND t.expires_at > now()
     AND (coalesce(t.project_id, t.domain_id) IS NULL OR (s.enabled AND coalesce(sd.enabled, true)))`;

/** What the token with this hash stands for; null where no valid token has it. */
export async function loadPrincipal(database: DataSource, tokenHash: string): Promise<Principal | null> {
  return (await loadPrincipals(database, [tokenHash])).get(tokenHash) ?? null;
}

/** What the tokens with these hashes stand for, by hash; tokens that are not valid are missing. */
export async function loadPrincipals(database: DataSource, tokenHashes: string[]): Promise<Map<string, Principal>> {
  const rows = await database.query<Row[]>(PRINCIPAL, [tokenHashes]);
  return new Map(rows.map((row) => [row.token_hash, principalOf(row)]));
}

function principalOf(row: Row): Principal {
  const { scope, roles } = row;
  const names = roles.map((role) => role.name);
  const inScope = scope && { id: scope.id, name: scope.name };
  return {
    tokenHash: row.token_hash,
    auditId: row.audit_id,
    methods: row.methods,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    userId: row.user_id,
    user: { id: row.user_id, name: row.user_name, domain: row.user_domain },
    projectId: scope && !scope.is_domain ? scope.id : '',
    project: inScope && !scope.is_domain ? { ...inScope, domain: scope.domain! } : null,
    domain: inScope && scope.is_domain ? inScope : null,
    roles: names,
    roleRefs: roles,
    // A role on a domain counts within the domain only.
    isAdmin: names.includes('admin') && !scope?.is_domain,
    domainId: scope?.is_domain ? scope.id : undefined,
    system: row.system,
    userDomainId: row.user_domain.id,
    projectDomainId: scope && !scope.is_domain ? scope.domain?.id : undefined,
  };
}
