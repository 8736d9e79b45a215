import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { NotFoundError, UnauthenticatedError } from '#libs/common/errors';
import { newSecret } from '#libs/common/ids';
import type { Asker } from '#libs/policy/credentials';
import { requireAllowed } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { refValues } from '../entity-ref.js';
import type { EntityRef } from '../entity-ref.js';
import { PasswordLogin } from '../login/password-login.js';
import type { Principal } from '../principal.js';
import { loadPrincipal, loadPrincipals } from './principal-query.js';
import { Token } from './token.entity.js';

export type Scope = { project: EntityRef } | { domain: EntityRef } | 'unscoped' | 'default' | 'system';

export type Credentials = { user: EntityRef; password: string } | { token: string };

export interface IssuedToken {
  /** What the client carries; it is kept nowhere. */
  token: string;
  principal: Principal;
}

const LIFETIME_MS = 12 * 3_600_000;
/** Milliseconds until the other processes notice a revocation, a new password or a change of roles. */
const CACHE_MS = 5_000;
const CACHE_ENTRIES = 10_000;
const PRUNE_BATCH = 5_000;

/**
 * Issues, validates and revokes tokens (Keystone API: /v3/auth/tokens). Tokens are random, opaque and kept as hashes.
 */
@Injectable()
export class Tokens {
  private readonly cache = new Map<string, { principal: Principal; until: number }>();

  constructor(
    private readonly database: DataSource,
    private readonly logins: PasswordLogin,
  ) {}

  /**
   * Keystone API: POST /v3/auth/tokens. `address`: the client's. Throws UnauthenticatedError, also for a scope on which
   * the user has no role, and TooManyRequestsError.
   */
  async issue(credentials: Credentials, scope: Scope, address = ''): Promise<IssuedToken> {
    const base = 'token' in credentials ? await this.validate(credentials.token) : null;
    const userId =
      'token' in credentials
        ? base!.userId
        : await this.logins.authenticate(credentials.user, credentials.password, address);
    const target = await this.resolveScope(userId, scope);
    const token = newSecret();
    const issuedAt = new Date();
    const row: Token = {
      tokenHash: hashOf(token),
      auditId: randomBytes(16).toString('base64url'),
      userId,
      projectId: null,
      domainId: null,
      system: false,
      ...target,
      methods: base ? [...new Set(['token', ...base.methods])] : ['password'],
      issuedAt,
      // A token that was issued for another token ends with that.
      expiresAt: base ? base.expiresAt : new Date(issuedAt.getTime() + LIFETIME_MS),
    };
    await this.database.manager.insert(Token, row);
    const principal = await loadPrincipal(this.database, row.tokenHash);
    const scoped = principal && (!(target.projectId ?? target.domainId ?? target.system) || principal.roles.length > 0);
    if (!scoped) {
      await this.database.manager.delete(Token, { tokenHash: row.tokenHash });
      throw new UnauthenticatedError();
    }
    return { token, principal };
  }

  /** What a token stands for, from the cache or by one query. Throws UnauthenticatedError. */
  async validate(token: string): Promise<Principal> {
    const hash = hashOf(token);
    const known = this.cache.get(hash);
    if (known && known.until > Date.now() && known.principal.expiresAt.getTime() > Date.now()) return known.principal;
    const principal = await loadPrincipal(this.database, hash);
    this.cache.delete(hash);
    if (!principal) throw new UnauthenticatedError();
    if (this.cache.size >= CACHE_ENTRIES) this.cache.delete(this.cache.keys().next().value!);
    this.cache.set(hash, { principal, until: Date.now() + CACHE_MS });
    return principal;
  }

  /** What the tokens with these hashes stand for now, without the cache: for connections that stay open for long. */
  async present(tokenHashes: string[]): Promise<Map<string, Principal>> {
    return loadPrincipals(this.database, tokenHashes);
  }

  /**
   * Keystone API: GET /v3/auth/tokens. What `token` stands for; the asker's own, or another's where the policy allows
   * it. Throws PolicyDeniedError, NotFoundError.
   */
  async show(asker: Asker, token: string): Promise<Principal> {
    return this.subject(asker, token, 'identity:validate_token');
  }

  /** Keystone API: DELETE /v3/auth/tokens. Throws PolicyDeniedError, NotFoundError. */
  async revoke(asker: Asker, token: string): Promise<void> {
    await this.subject(asker, token, 'identity:revoke_token');
    const hash = hashOf(token);
    this.cache.delete(hash);
    await this.database.manager.delete(Token, { tokenHash: hash });
  }

  private async subject(asker: Asker, token: string, rule: RuleName): Promise<Principal> {
    const principal = await this.validate(token).catch((error: unknown) => {
      throw error instanceof UnauthenticatedError ? new NotFoundError('token', 'of X-Subject-Token') : error;
    });
    requireAllowed(asker, rule, { 'target.token.user_id': principal.userId });
    return principal;
  }

  /**
   * Deletes all tokens of a user, in the transaction that changes the password, disables or deletes the user. Other
   * processes notice it within CACHE_MS.
   */
  async revokeForUser(userId: string, tx: EntityManager): Promise<void> {
    for (const [hash, { principal }] of this.cache) if (principal.userId === userId) this.cache.delete(hash);
    await tx.delete(Token, { userId });
  }

  /** Empties this process's cache, after roles have changed. */
  forget(): void {
    this.cache.clear();
  }

  /** Deletes expired tokens and returns how many. Index tokens_by_expiry. */
  async prune(): Promise<number> {
    let removed = 0;
    for (;;) {
      const [rows] = await this.database.query<[unknown[], number]>(
        `DELETE FROM tokens WHERE token_hash IN
           (SELECT token_hash FROM tokens WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING 1`,
        [PRUNE_BATCH],
      );
      removed += rows.length;
      if (rows.length < PRUNE_BATCH) return removed;
    }
  }

  private async resolveScope(
    userId: string,
    scope: Scope,
  ): Promise<Partial<Pick<Token, 'projectId' | 'domainId' | 'system'>>> {
    if (scope === 'unscoped') return {};
    if (scope === 'system') return { system: true };
    if (scope === 'default') return { projectId: await this.defaultProject(userId) };
    const isDomain = 'domain' in scope;
    const ref = isDomain ? scope.domain : scope.project;
    const [row] = await this.database.query<{ id: string }[]>(
      `SELECT p.id FROM projects p LEFT JOIN projects d ON d.id = p.domain_id
        WHERE p.enabled AND p.is_domain = $5 AND CASE WHEN $1::text IS NOT NULL THEN p.id = $1
              ELSE p.name = $2 AND (p.is_domain OR d.id = $3 OR d.name = $4) END`,
      [...refValues(ref), isDomain],
    );
    if (!row) throw new UnauthenticatedError();
    return isDomain ? { domainId: row.id } : { projectId: row.id };
  }

  private async defaultProject(userId: string): Promise<string | null> {
    const [row] = await this.database.query<{ id: string }[]>(
      `SELECT p.id FROM users u JOIN projects p ON p.id = u.default_project_id AND p.enabled
        WHERE u.id = $1 AND EXISTS (SELECT 1 FROM role_assignments a WHERE a.user_id = u.id AND a.project_id = p.id)`,
      [userId],
    );
    return row?.id ?? null;
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
