import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { NameTakenError, NotFoundError } from '#libs/common/errors';
import { newSecret } from '#libs/common/ids';
import { page } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { isUniqueViolation } from '#libs/database/transient-errors';
import type { Asker } from '#libs/policy/credentials';
import { requireAllowed } from '#libs/policy/policy';
import { newKeystoneId } from '../keystone-id.js';
import { PasswordLogin } from '../login/password-login.js';
import { hashPassword } from '../passwords.js';
import { inDomain } from '../scope-of-list.js';
import { Project } from '../projects/project.entity.js';
import { Tokens } from '../tokens/tokens.service.js';
import { User } from './user.entity.js';

type Described = Pick<User, 'name' | 'description' | 'enabled' | 'email' | 'defaultProjectId'>;
export type UserChange = Partial<Described> & { password?: string };
export type NewUser = UserChange & Pick<User, 'name'> & { domainId?: string };

const columns = {
  id: 'x.id',
  name: 'x.name',
  domain_id: 'x.domain_id',
  enabled: 'x.enabled',
  default_project_id: `coalesce(x.default_project_id, '')`,
};

type UserRule =
  `identity:${'get' | 'update' | 'delete'}_user` | 'identity:change_password' | 'identity:list_user_projects';

/** Users (Keystone API: /v3/users). Methods with an asker throw PolicyDeniedError. */
@Injectable()
export class Users {
  constructor(
    private readonly database: DataSource,
    private readonly tokens: Tokens,
    private readonly logins: PasswordLogin,
  ) {}

  /** One page; with a token scoped to a domain only the users of the domain. */
  async list(asker: Asker, request: PageRequest): Promise<User[]> {
    requireAllowed(asker, 'identity:list_users', { 'target.user.domain_id': asker.domainId });
    return page('user', this.database.manager.createQueryBuilder(User, 'x'), columns, inDomain(asker, request));
  }

  /** Throws NotFoundError; PolicyDeniedError where the asker may not know whether the user exists. */
  async get(asker: Asker, id: string, rule: UserRule = 'identity:get_user'): Promise<User> {
    const user = await this.database.manager.findOneBy(User, { id });
    requireAllowed(asker, rule, { 'target.user.id': id, 'target.user.domain_id': user?.domainId });
    if (!user) throw new NotFoundError('user', id);
    return user;
  }

  /**
   * Keystone API: POST /v3/users. A user without a password cannot log in. Throws ConflictError, NotFoundError
   * (domain).
   */
  async create(asker: Asker, { password, domainId = asker.domainId ?? 'default', ...given }: NewUser): Promise<User> {
    requireAllowed(asker, 'identity:create_user', { 'target.user.domain_id': domainId });
    if (!(await this.database.manager.existsBy(Project, { id: domainId, isDomain: true })))
      throw new NotFoundError('domain', domainId);
    const passwordHash = await hashPassword(password ?? newSecret());
    const row = this.database.manager.create(User, { id: newKeystoneId(), ...given, domainId, passwordHash });
    return save(this.database.manager, row);
  }

  /**
   * Keystone API: PATCH /v3/users/{id}. A new password, or `enabled: false`, ends the user's tokens. Throws
   * NotFoundError, ConflictError.
   */
  async update(asker: Asker, id: string, change: UserChange): Promise<User> {
    return this.change(await this.get(asker, id, 'identity:update_user'), change);
  }

  private async change(present: User, { password, ...change }: UserChange): Promise<User> {
    const user = Object.assign(present, change);
    if (password !== undefined) user.passwordHash = await hashPassword(password);
    // A new password or `enabled: true` from an operator ends a lock-out, as in Keystone.
    if (password !== undefined || change.enabled) Object.assign(user, { failedAuthCount: 0, failedAuthAt: null });
    return this.database.transaction(async (tx) => {
      if (password !== undefined || change.enabled === false) await this.tokens.revokeForUser(user.id, tx);
      return save(tx, user);
    });
  }

  /**
   * Keystone API: POST /v3/users/{id}/password. Throws UnauthenticatedError where `original` is wrong,
   * TooManyRequestsError.
   */
  async changePassword(asker: Asker, id: string, original: string, password: string, address = ''): Promise<void> {
    const user = await this.get(asker, id, 'identity:change_password');
    await this.logins.authenticate({ id }, original, address);
    await this.change(user, { password });
  }

  /** Keystone API: DELETE /v3/users/{id}. Deletes the user's roles, key pairs and tokens too. Throws NotFoundError. */
  async delete(asker: Asker, id: string): Promise<void> {
    await this.get(asker, id, 'identity:delete_user');
    await this.database.transaction(async (tx) => {
      await tx.query('DELETE FROM role_assignments WHERE user_id = $1', [id]);
      await tx.query('DELETE FROM key_pairs WHERE user_id = $1', [id]);
      await this.tokens.revokeForUser(id, tx);
      await tx.delete(User, { id });
    });
  }
}

async function save(tx: EntityManager, user: User): Promise<User> {
  try {
    return await tx.save(user);
  } catch (error) {
    if (!isUniqueViolation(error, 'users_name')) throw error;
    throw new NameTakenError('user', user.name);
  }
}
