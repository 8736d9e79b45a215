import type { EntityManager } from 'typeorm';
import { KeyPair } from '../../key-pairs/key-pair.entity.js';
import type { Instance } from '../instance.entity.js';
import { UnusableReferenceError } from '../instance.errors.js';

/** An instance's copy of a key pair. */
export type InstanceKey = Pick<Instance, 'keyName' | 'keyType' | 'publicKey'>;

/**
 * The user's key pair of this name as an instance keeps it (Nova: key_name, key_data): the pair's deletion does not
 * touch the instance. Null: none. Throws UnusableReferenceError.
 */
export async function copyOfKey(tx: EntityManager, userId: string, keyName: string | null): Promise<InstanceKey> {
  if (keyName === null) return { keyName: null, keyType: null, publicKey: null };
  const pair = await tx.findOneBy(KeyPair, { userId, name: keyName });
  if (!pair) throw new UnusableReferenceError('Key pair', keyName);
  return { keyName, keyType: pair.type, publicKey: pair.publicKey };
}
