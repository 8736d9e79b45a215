import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { ConflictError, NotFoundError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { requireName } from '#libs/common/names';
import { MAX_PAGE, readPage } from '#libs/database/keyset';
import type { Instance } from '../instances/instance.entity.js';
import { Snapshot } from './snapshot.entity.js';

export type NewSnapshot = Pick<Snapshot, 'name'> & Partial<Pick<Snapshot, 'stateful' | 'expiresAt'>>;

/** LXD API: a slash separates the instance's name from the snapshot's, so a name has none. */
const SNAPSHOT_NAME = /^(?!\.{1,2}$)[^\s/]{1,63}$/;

/**
 * The records of snapshots; a workflow makes the disk and writes `ready`. Whoever may see the instance may see its
 * snapshots.
 */
@Injectable()
export class Snapshots {
  constructor(private readonly database: DataSource) {}

  /** Snapshots of one instance, oldest first, from after the snapshot `marker`. At most 1000. Throws MarkerNotFoundError. */
  async list(instanceId: string, { marker, limit = MAX_PAGE }: { marker?: string; limit?: number } = {}) {
    const query = this.database.manager
      .createQueryBuilder(Snapshot, 's')
      .where('s.instance_id = :instanceId', { instanceId });
    const row = 's.instance_id = :instanceId AND s.name = :marker';
    const parameters = { instanceId, marker };
    const from = marker === undefined ? undefined : { resource: 'Snapshot', id: marker, row, parameters };
    const order = ['s.created_at', 's.id'].map((sql) => ({ sql, direction: 'asc' as const }));
    return readPage(query, order, { marker: from, limit });
  }

  /** Throws NotFoundError. */
  async get(instanceId: string, name: string, tx: EntityManager = this.database.manager): Promise<Snapshot> {
    const found = await tx.findOneBy(Snapshot, { instanceId, name });
    if (!found) throw new NotFoundError('Snapshot', name);
    return found;
  }

  /**
   * Writes the record in state `creating` with the instance's present configuration. The caller's transaction must
   * hold the instance's row and also make the operation. Throws InvalidInputError, ConflictError where the instance
   * has a snapshot of this name.
   */
  async create(tx: EntityManager, instance: Instance, { name, ...wanted }: NewSnapshot): Promise<Snapshot> {
    requireName('name', name, SNAPSHOT_NAME, 'at most 63 characters without spaces and slashes');
    const { id: instanceId, config, devices, profiles, ephemeral } = instance;
    if (await tx.existsBy(Snapshot, { instanceId, name })) throw new ConflictError(`Snapshot "${name}" already in use`);
    const id = newId();
    await tx.insert(Snapshot, {
      ...wanted,
      id,
      instanceId,
      name,
      state: 'creating',
      config,
      devices,
      profiles,
      ephemeral,
    });
    return tx.findOneByOrFail(Snapshot, { id });
  }

  /**
   * Removes the record, after the workflow has removed the disk and in the same transaction. Removing it again is a
   * success.
   */
  async delete(tx: EntityManager, instanceId: string, name: string): Promise<void> {
    await tx.delete(Snapshot, { instanceId, name });
  }
}
