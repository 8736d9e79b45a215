import type { EntityManager } from 'typeorm';
import { lockKey } from '#libs/database/advisory-locks';

/**
 * Takes, until the transaction ends, the lock that everybody holds who gives a blob its name or removes it: otherwise
 * the deletion of the last image with this content could remove the file of an upload under way.
 */
export async function lockBlob(tx: EntityManager, sha256: string): Promise<void> {
  await lockKey(tx, 'blob', sha256);
}
