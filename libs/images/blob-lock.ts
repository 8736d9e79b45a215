import type { EntityManager } from 'typeorm';
import { lockKey } from '#libs/database/advisory-locks';

/**
 * Held to the end of the transaction by whoever gives a blob its name or takes it away: an upload of the same content
 * must not lose its file to the deletion of the last image that had it.
 */
export async function lockBlob(tx: EntityManager, sha256: string): Promise<void> {
  await lockKey(tx, 'blob', sha256);
}
