import type { EntityManager } from 'typeorm';
import { InvalidInputError, NotFoundError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';

/** Nova's bound: four pieces of 255 characters. */
const LONGEST = 1_020;

export interface KeptPassword {
  /** The one that is kept; '' for none. */
  password: string;
  /** Whether what was posted is it. */
  kept: boolean;
}

/**
 * Nova API: metadata: password. Keeps what the guest of an instance on this host has posted ('': it only asks), unless one
 * is kept already: it stays until its owner clears it. Throws NotFoundError for an instance of another host, and
 * InvalidInputError for what is too long or no text.
 */
export async function keepPassword(
  tx: EntityManager,
  hostname: string,
  instanceId: string,
  posted: string,
): Promise<KeptPassword> {
  if (posted.length > LONGEST || !/^[\t\n\r\x20-\x7e]*$/.test(posted))
    throw new InvalidInputError('password', `at most ${LONGEST} printable ASCII characters`);
  const own = 'id = $1 AND deleted_at IS NULL AND host_id = (SELECT id FROM hosts WHERE name = $2)';
  const id = UUID.test(instanceId) ? instanceId : null;
  if (posted) {
    const [done] = await tx.query<[unknown[], number]>(
      `UPDATE instances SET password = $3 WHERE ${own} AND coalesce(password, '') = '' RETURNING id`,
      [id, hostname, posted],
    );
    if (done.length) return { password: posted, kept: true };
  }
  const [row] = await tx.query<{ password: string }[]>(
    `SELECT coalesce(password, '') AS password FROM instances WHERE ${own}`,
    [id, hostname],
  );
  if (!row) throw new NotFoundError('Instance', instanceId);
  return { password: row.password, kept: false };
}
