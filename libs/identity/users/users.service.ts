import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { ConflictError, NotFoundError } from '#libs/common/errors';
import { newSecret } from '#libs/common/ids';
import { page } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { isUniqueViolation } from '#libs/database/transient-errors';
import { newKeystoneId } from '../keystone-id.js';
import { PasswordLogin } from '../login/password-login.js';
import { hashPassword } from '../passwords.js';
import { Project } from '../projects/project.entity.js';
import { Tokens } from '../tokens/tokens.service.js';
import { User } from './user.entity.js';

type Described = Pick<User, 'name' | 'description' | 'enabled' | 'email' | 'defaultProjectId'>;
export type UserChange = Partial<Described> & { password?: string };
export type NewUser = UserChange & Pick<User, 'name'> & { domainId?: string };

const columns = { id: 'x.id', name: 'x.name', domain_id: 'x.domain_id', enabled: 'x.enabled' };

@Injectable()
export class Users {
  constructor(
    private readonly database: DataSource,
    private readonly tokens: Tokens,
    private readonly logins: PasswordLogin,
  ) {}

  async list(request: PageRequest): Promise<User[]> {
    return page(this.database.manager.createQueryBuilder(User, 'x'), columns, request).getMany();
  }

  /** Throws NotFoundError. */
  async get(id: string): Promise<User> {
    const user = await this.database.manager.findOneBy(User, { id });
    if (!user) throw new NotFoundError('user', id);
    return user;
  }

  /** Without a password nobody can log in as this user. Throws ConflictError, NotFoundError (domain). */
  async create({ password, domainId = 'default', ...given }: NewUser): Promise<User> {
    if (!(await this.database.manager.existsBy(Project, { id: domainId, isDomain: true })))
      throw new NotFoundError('domain', domainId);
    const passwordHash = await hashPassword(password ?? newSecret());
    const row = this.database.manager.create(User, { id: newKeystoneId(), ...given, domainId, passwordHash });
    return save(this.database.manager, row);
  }

  /** A new password or `enabled: false` ends the user's tokens. */
  async update(id: string, { password, ...change }: UserChange): Promise<User> {
    const user = Object.assign(await this.get(id), change);
    if (password !== undefined) user.passwordHash = await hashPassword(password);
    // What an operator does with it ends a lock-out, as in Keystone.
    if (password !== undefined || change.enabled) Object.assign(user, { failedAuthCount: 0, failedAuthAt: null });
    return this.database.transaction(async (tx) => {
      if (password !== undefined || change.enabled === false) await this.tokens.revokeForUser(id, tx);
      return save(tx, user);
    });
  }

  /** Keystone: POST /users/{id}/password. Throws UnauthenticatedError where the old one is wrong, TooManyRequestsError. */
  async changePassword(id: string, original: string, password: string, address = ''): Promise<void> {
    await this.get(id);
    await this.logins.authenticate({ id }, original, address);
    await this.update(id, { password });
  }

  async delete(id: string): Promise<void> {
    await this.get(id);
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
    throw new ConflictError(
      `Conflict occurred attempting to store user - Duplicate entry found with name ${user.name}.`,
    );
  }
}
