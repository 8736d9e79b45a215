import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { ConflictError, NameTakenError, NotFoundError } from '#libs/common/errors';
import { page } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import type { Asker } from '#libs/policy/credentials';
import { requireAllowed } from '#libs/policy/policy';
import { newKeystoneId } from '../keystone-id.js';
import { Tokens } from '../tokens/tokens.service.js';
import { readAssignments } from './role-assignment.rows.js';
import type { AssignmentFilter, AssignmentView } from './role-assignment.rows.js';
import { Role, RoleAssignment, SYSTEM } from './role.entity.js';

/** Roles that policy rules name; they cannot be deleted. */
const BUILT_IN = new Set(['admin', 'member', 'reader', 'service']);

type GrantRule = `identity:${'list_grants' | 'check_grant' | 'create_grant' | 'revoke_grant'}`;

/** What a grant names, as far as it exists. */
interface Known {
  userDomain: string | null;
  isDomain: boolean | null;
  targetDomain: string | null;
  role: string | null;
}

/**
 * Roles and their assignments (Keystone API: /v3/roles, /v3/role_assignments, grants). Methods with an asker throw
 * PolicyDeniedError.
 */
@Injectable()
export class Roles {
  constructor(
    private readonly database: DataSource,
    private readonly tokens: Tokens,
  ) {}

  /** One page of the roles. Throws PolicyDeniedError. */
  async list(asker: Asker, request: PageRequest): Promise<Role[]> {
    requireAllowed(asker, 'identity:list_roles');
    const query = this.database.manager.createQueryBuilder(Role, 'x');
    return page('role', query, { id: 'x.id', name: 'x.name' }, request);
  }

  /** Throws NotFoundError. */
  async get(asker: Asker, id: string): Promise<Role> {
    requireAllowed(asker, 'identity:get_role');
    return this.find(id);
  }

  private async find(id: string): Promise<Role> {
    const role = await this.database.manager.findOneBy(Role, { id });
    if (!role) throw new NotFoundError('role', id);
    return role;
  }

  /** Throws ConflictError for a name that is taken. */
  async create(asker: Asker, name: string): Promise<Role> {
    requireAllowed(asker, 'identity:create_role');
    const [row] = await this.database.query<Role[]>(
      'INSERT INTO roles (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING *',
      [newKeystoneId(), name],
    );
    if (!row) throw new NameTakenError('role', name);
    return row;
  }

  /** Throws NotFoundError, ConflictError for a built-in role. */
  async delete(asker: Asker, id: string): Promise<void> {
    requireAllowed(asker, 'identity:delete_role');
    const { name } = await this.find(id);
    if (BUILT_IN.has(name)) throw new ConflictError(`The role ${name} is built in and cannot be deleted.`);
    await this.database.transaction(async (tx) => {
      await tx.delete(RoleAssignment, { roleId: id });
      await tx.delete(Role, { id });
    });
    this.tokens.forget();
  }

  /**
   * Gives the user a role on a project or domain (`targetId`). Idempotent. Throws NotFoundError where one of the three
   * does not exist.
   */
  async grant(asker: Asker, userId: string, targetId: string, roleId: string): Promise<void> {
    const known = await this.permit(asker, 'identity:create_grant', userId, targetId, roleId);
    if (!known.userDomain) throw new NotFoundError('user', userId);
    if (known.isDomain === null) throw new NotFoundError('project', targetId);
    if (!known.role) throw new NotFoundError('role', roleId);
    await this.database.query('INSERT INTO role_assignments VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
      userId,
      targetId,
      roleId,
    ]);
    this.tokens.forget();
  }

  /** Checks that the user has the role there. Throws NotFoundError where there is no such assignment. */
  async require(asker: Asker, userId: string, projectId: string, roleId: string): Promise<void> {
    await this.permit(asker, 'identity:check_grant', userId, projectId, roleId);
    await this.requireAssignment(userId, projectId, roleId);
  }

  private async requireAssignment(userId: string, projectId: string, roleId: string): Promise<void> {
    if (!(await this.database.manager.existsBy(RoleAssignment, { userId, projectId, roleId })))
      throw new NotFoundError('role assignment', `${roleId} of user ${userId} on ${projectId}`);
  }

  /** Takes the role from the user. Throws NotFoundError where there is no such assignment. */
  async revoke(asker: Asker, userId: string, projectId: string, roleId: string): Promise<void> {
    await this.permit(asker, 'identity:revoke_grant', userId, projectId, roleId);
    await this.requireAssignment(userId, projectId, roleId);
    await this.database.manager.delete(RoleAssignment, { userId, projectId, roleId });
    this.tokens.forget();
  }

  /** The user's assignments on a project or domain. */
  async grants(asker: Asker, userId: string, targetId: string): Promise<AssignmentView[]> {
    await this.permit(asker, 'identity:list_grants', userId, targetId, null);
    return readAssignments(this.database, { userId, targetId }, null);
  }

  /** The user's roles on the whole cloud. */
  async systemRoles(asker: Asker, userId: string): Promise<Role[]> {
    requireAllowed(asker, 'identity:list_system_grants');
    const held = await this.database.manager.findBy(RoleAssignment, { userId, projectId: SYSTEM });
    return this.database.manager.findBy(Role, { id: In(held.map(({ roleId }) => roleId)) });
  }

  /** Checks that the user has the role on the whole cloud. Throws NotFoundError. */
  async requireSystemRole(asker: Asker, userId: string, roleId: string): Promise<void> {
    requireAllowed(asker, 'identity:list_system_grants');
    await this.requireAssignment(userId, SYSTEM, roleId);
  }

  /** Gives the user a role on the whole cloud. Idempotent. Throws NotFoundError where user or role do not exist. */
  async grantOnSystem(asker: Asker, userId: string, roleId: string): Promise<void> {
    requireAllowed(asker, 'identity:create_system_grant_for_user');
    await this.find(roleId);
    const users = await this.database.query<unknown[]>('SELECT 1 FROM users WHERE id = $1', [userId]);
    if (!users.length) throw new NotFoundError('user', userId);
    await this.database.manager.upsert(RoleAssignment, { userId, projectId: SYSTEM, roleId }, [
      'userId',
      'projectId',
      'roleId',
    ]);
    this.tokens.forget();
  }

  /** Takes a role on the whole cloud from the user. Throws NotFoundError where the user does not have it. */
  async revokeOnSystem(asker: Asker, userId: string, roleId: string): Promise<void> {
    requireAllowed(asker, 'identity:revoke_system_grant_for_user');
    await this.requireAssignment(userId, SYSTEM, roleId);
    await this.database.manager.delete(RoleAssignment, { userId, projectId: SYSTEM, roleId });
    this.tokens.forget();
  }

  /** At most 1000 assignments; with a token scoped to a domain only those on it and its projects. */
  async assignments(asker: Asker, filter: AssignmentFilter): Promise<AssignmentView[]> {
    requireAllowed(asker, 'identity:list_role_assignments', { 'target.domain_id': asker.domainId });
    return readAssignments(this.database, filter, asker.domainId ?? null);
  }

  /**
   * Checks that the asker may see or change the grant. Something that does not exist belongs to no domain. Throws
   * PolicyDeniedError.
   */
  private async permit(asker: Asker, rule: GrantRule, userId: string, targetId: string, roleId: string | null) {
    const [known] = await this.database.query<Known[]>(
      `SELECT (SELECT domain_id FROM users WHERE id = $1) AS "userDomain", p.is_domain AS "isDomain",
              CASE WHEN p.is_domain THEN p.id ELSE p.domain_id END AS "targetDomain",
              (SELECT name FROM roles WHERE id = $3) AS role
         FROM (SELECT 1) one LEFT JOIN projects p ON p.id = $2`,
      [userId, targetId, roleId],
    );
    requireAllowed(asker, rule, {
      'target.user.domain_id': known!.userDomain,
      'target.domain_id': known!.targetDomain,
      'target.is_domain': known!.isDomain,
      'target.role.name': known!.role,
    });
    return known!;
  }
}
