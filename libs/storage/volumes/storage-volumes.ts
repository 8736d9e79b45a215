import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { requireName } from '#libs/common/names';
import { MAX_PAGE } from '#libs/database/keyset';
import { isUniqueViolation } from '#libs/database/transient-errors';
import { StorageVolume } from './storage-volume.entity.js';

export type NewStorageVolume = Pick<StorageVolume, 'pool' | 'name' | 'contentType'> &
  Partial<Pick<StorageVolume, 'description' | 'config' | 'sizeGb' | 'hostId'>>;

const VOLUME_NAME = /^(?!\.{1,2}$)[^\s/]{1,63}$/;

/** The record of volumes (LXD API: /1.0/storage-pools/{pool}/volumes/custom). */
@Injectable()
export class StorageVolumes {
  constructor(private readonly database: DataSource) {}

  /** Volumes of one pool by name, from after the name `marker`; at most 1000. */
  async list({ projectId }: Caller, pool: string, { marker = '', limit = MAX_PAGE } = {}): Promise<StorageVolume[]> {
    return this.database.manager
      .createQueryBuilder(StorageVolume, 'v')
      .where('v.project_id = :projectId AND v.pool = :pool AND v.name > :marker', { projectId, pool, marker })
      .orderBy('v.name')
      .limit(Math.min(limit, MAX_PAGE))
      .getMany();
  }

  /** Throws NotFoundError. */
  async get(
    { projectId }: Caller,
    pool: string,
    name: string,
    tx: EntityManager = this.database.manager,
  ): Promise<StorageVolume> {
    const found = await tx.findOneBy(StorageVolume, { projectId, pool, name });
    if (!found) throw new NotFoundError('Storage volume', name);
    return found;
  }

  /** Throws InvalidInputError, ConflictError where the pool has a volume of this name. */
  async create({ projectId }: Caller, wanted: NewStorageVolume): Promise<StorageVolume> {
    requireName('name', wanted.name, VOLUME_NAME, 'at most 63 characters without spaces and slashes');
    const id = newId();
    try {
      await this.database.manager.insert(StorageVolume, { ...wanted, id, projectId });
    } catch (error) {
      if (isUniqueViolation(error, 'storage_volumes_name'))
        throw new ConflictError('Volume by that name already exists');
      throw error;
    }
    return this.database.manager.findOneByOrFail(StorageVolume, { id });
  }

  /** Throws NotFoundError. */
  async delete({ projectId }: Caller, pool: string, name: string): Promise<void> {
    const { affected } = await this.database.manager.delete(StorageVolume, { projectId, pool, name });
    if (!affected) throw new NotFoundError('Storage volume', name);
  }
}
