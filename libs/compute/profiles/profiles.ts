import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, ForbiddenError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { requireName } from '#libs/common/names';
import { MAX_PAGE } from '#libs/database/keyset';
import { isUniqueViolation } from '#libs/database/transient-errors';
import { Profile } from './profile.entity.js';

export type NewProfile = Pick<Profile, 'name'> & Partial<Pick<Profile, 'description' | 'config' | 'devices'>>;

/**
 * The profile that every project has: it is made when somebody first reads it, and nobody may remove it (LXD API:
 * 403).
 */
export const DEFAULT_PROFILE = 'default';

/** LXD refuses slashes, and the names that its paths need. */
const PROFILE_NAME = /^(?!\.{1,2}$)[^\s/?&"'*]{1,63}$/;

/** Profiles of projects (LXD API: /1.0/profiles). */
@Injectable()
export class Profiles {
  constructor(private readonly database: DataSource) {}

  /** By name, from after the name `marker`. At most 1000. */
  async list(caller: Caller, { marker = '', limit = MAX_PAGE } = {}): Promise<Profile[]> {
    const { manager } = this.database;
    await addDefault(manager, caller.projectId);
    return manager
      .createQueryBuilder(Profile, 'p')
      .where('p.project_id = :projectId AND p.name > :marker', { projectId: caller.projectId, marker })
      .orderBy('p.name')
      .limit(Math.min(limit, MAX_PAGE))
      .getMany();
  }

  /** Throws NotFoundError. The default profile is made where it is missing. */
  async get({ projectId }: Caller, name: string, tx: EntityManager = this.database.manager): Promise<Profile> {
    if (name === DEFAULT_PROFILE) await addDefault(tx, projectId);
    const found = await tx.findOneBy(Profile, { projectId, name });
    if (!found) throw new NotFoundError('Profile', name);
    return found;
  }

  /** Throws InvalidInputError, ConflictError where the name is taken. */
  async create({ projectId }: Caller, wanted: NewProfile): Promise<Profile> {
    requireName('name', wanted.name, PROFILE_NAME, 'at most 63 characters without spaces, slashes and quotes');
    try {
      return await this.database.transaction(async (tx) => {
        await addDefault(tx, projectId);
        const { id } = (await tx.insert(Profile, { ...wanted, id: newId(), projectId })).identifiers[0] as Profile;
        return tx.findOneByOrFail(Profile, { id });
      });
    } catch (error) {
      if (isUniqueViolation(error, 'profiles_name')) throw new ConflictError('The profile already exists');
      throw error;
    }
  }

  /**
   * Throws NotFoundError, ForbiddenError for the default profile, ConflictError while instances use it. Index
   * instances_of_project.
   */
  async delete(caller: Caller, name: string): Promise<void> {
    if (name === DEFAULT_PROFILE) throw new ForbiddenError('The "default" profile cannot be deleted');
    await this.database.transaction(async (tx) => {
      const { id, projectId } = await this.get(caller, name, tx);
      const users = await tx.query<unknown[]>(
        `SELECT 1 FROM instances WHERE project_id = $1 AND deleted_at IS NULL AND $2 = ANY(profiles) LIMIT 1`,
        [projectId, name],
      );
      if (users.length) throw new ConflictError('Profile is currently in use');
      await tx.delete(Profile, { id });
    });
  }
}

async function addDefault(tx: EntityManager, projectId: string): Promise<void> {
  await tx.query(
    `INSERT INTO profiles (id, project_id, name, description) VALUES ($1, $2, '${DEFAULT_PROFILE}', 'Default LXD profile')
     ON CONFLICT DO NOTHING`,
    [newId(), projectId],
  );
}
