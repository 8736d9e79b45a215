import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ConflictError, InvalidInputError, NotFoundError, QuotaExceededError } from '#libs/common/errors';
import type { Caller } from '#libs/common/caller';
import { readPage } from '#libs/database/keyset';
import { requireAllowed } from '#libs/policy/policy';
import { Quotas } from '../quotas/quotas.js';
import { KeyPair } from './key-pair.entity.js';
import { fingerprintOf, makeKeyPair } from './key-material.js';

export interface NewKeyPair {
  userId: string;
  name: string;
  type: 'ssh' | 'x509';
  /** Absent: a pair is generated, and its private key is returned once. */
  publicKey?: string;
}

const KEY_NAME = /^[A-Za-z0-9 ._@-]{1,255}$/;

/** Users' public keys. An instance keeps a copy of the one that it gets (`instances/create/guest-data.ts`). */
@Injectable()
export class KeyPairs {
  constructor(
    private readonly database: DataSource,
    private readonly quotas: Quotas,
  ) {}

  /**
   * Nova API: POST /os-keypairs. The quota counts a user's keys, not a project's. Throws PolicyDeniedError,
   * QuotaExceededError, ConflictError, InvalidInputError.
   */
  async create(caller: Caller, wanted: NewKeyPair): Promise<{ keyPair: KeyPair; privateKey: string | null }> {
    requireAllowed(caller, 'os_compute_api:os-keypairs:create', { user_id: wanted.userId });
    if (!KEY_NAME.test(wanted.name)) throw new InvalidInputError('name', 'letters, digits, spaces and ._@-');
    if (wanted.publicKey === undefined && wanted.type === 'x509')
      throw new InvalidInputError('public_key', 'a certificate: no pairs of the type x509 are generated');
    const made = wanted.publicKey === undefined ? await makeKeyPair() : null;
    const publicKey = (made?.publicKey ?? wanted.publicKey ?? '').trim();
    const limit = (await this.quotas.limits(caller.projectId)).key_pairs;
    const used = await this.database.manager.countBy(KeyPair, { userId: wanted.userId });
    if (limit >= 0 && used >= limit) throw new QuotaExceededError('key_pairs', 1, used, limit);
    if (await this.database.manager.existsBy(KeyPair, { userId: wanted.userId, name: wanted.name }))
      throw new ConflictError(`Key pair '${wanted.name}' already exists.`);
    const row = { ...wanted, publicKey, fingerprint: fingerprintOf(wanted.type, publicKey) };
    const keyPair = await this.database.manager.save(this.database.manager.create(KeyPair, row));
    return { keyPair, privateKey: made?.privateKey ?? null };
  }

  /** Nova API: GET /os-keypairs/{name}. Throws PolicyDeniedError, NotFoundError. */
  async get(caller: Caller, userId: string, name: string): Promise<KeyPair> {
    requireAllowed(caller, 'os_compute_api:os-keypairs:show', { user_id: userId });
    return this.find(userId, name);
  }

  private async find(userId: string, name: string): Promise<KeyPair> {
    const found = await this.database.manager.findOneBy(KeyPair, { userId, name });
    if (!found) throw new NotFoundError('Keypair', `${name} for user ${userId}`);
    return found;
  }

  /** By name, from after `marker`; at most `limit`. Throws MarkerNotFoundError. */
  async list(caller: Caller, userId: string, limit: number, marker?: string): Promise<KeyPair[]> {
    requireAllowed(caller, 'os_compute_api:os-keypairs:index', { user_id: userId });
    const query = this.database.getRepository(KeyPair).createQueryBuilder('k').where('k.user_id = :userId', { userId });
    const row = 'k.user_id = :userId AND k.name = :marker';
    const from = marker && { resource: 'Keypair', id: marker, row, parameters: { userId, marker } };
    return readPage(query, [{ sql: 'k.name', direction: 'asc' }], { marker: from || undefined, limit });
  }

  /** Nova API: DELETE /os-keypairs/{name}. Throws PolicyDeniedError, NotFoundError. */
  async delete(caller: Caller, userId: string, name: string): Promise<void> {
    requireAllowed(caller, 'os_compute_api:os-keypairs:delete', { user_id: userId });
    const { affected } = await this.database.manager.delete(KeyPair, { userId, name });
    if (!affected) throw new NotFoundError('Keypair', `${name} for user ${userId}`);
  }
}
