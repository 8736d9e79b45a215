import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

/**
 * Every advisory lock of PostgreSQL that the control plane takes, in one place so that no two uses share a number. The
 * numbers never change: processes of two versions meet during an upgrade.
 */
export const LOCKS = {
  /** One process at a time migrates the schema. */
  migrations: 7_205_759,
  /** Transactions take VNIs one after another. */
  vni: 7_205_760,
  /** One api process at a time keeps house. */
  housekeeping: 7_205_761,
  /** One process at a time prunes the log of desired state. */
  desiredStatePruning: 7_205_762,
  /** One worker sweeps for what queues have lost and dead workers have left. */
  sweeper: 7_205_763,
  /** One worker looks for instances whose host is lost. */
  autoEvacuation: 0x65766163,
} as const;

/** Locks that exist once per key, by what the key is. */
export type KeyedLock =
  'quota' | 'server-group' | 'blob' | 'security_group' | 'security_group_rule' | 'rbac_policy' | 'default-subnet-pool';

/** Transactions take ranges of ids one after another. hashtext('id_ranges') is the number that v0.1 uses. */
const ID_RANGES = `hashtext('id_ranges')`;

/** First half of the two-part locks that show workers; the second half is a hash of the worker's name. */
export const PRESENCE_SPACE = 0x4c58_5357;

/** Waits for the lock and holds it until the transaction ends. */
export async function lock(tx: EntityManager, name: keyof typeof LOCKS | 'idRanges'): Promise<void> {
  if (name === 'idRanges') await tx.query(`SELECT pg_advisory_xact_lock(${ID_RANGES})`);
  else await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCKS[name]]);
}

/** As `lock`, for one project, group, blob or IP version. */
export async function lockKey(tx: EntityManager, space: KeyedLock, key: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 0))`, [space, key]);
}

/** Takes the lock until the transaction ends, and does not wait. Returns whether it did. */
export async function tryLock(tx: EntityManager, name: keyof typeof LOCKS): Promise<boolean> {
  const [{ mine }] = await tx.query<{ mine: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS mine', [LOCKS[name]]);
  return mine;
}

/** As `tryLock`, until the session ends or calls `unlockSession`. PostgreSQL counts each success: unlock as often. */
export async function tryLockSession(session: QueryRunner, name: keyof typeof LOCKS): Promise<boolean> {
  const [{ mine }] = (await session.query('SELECT pg_try_advisory_lock($1) AS mine', [LOCKS[name]])) as [
    { mine: boolean },
  ];
  return mine;
}

/**
 * Runs `work` where no other process does so, for work that takes long: it runs in no transaction. Returns undefined
 * where another process has the lock.
 */
export async function alone<T>(
  database: DataSource,
  name: keyof typeof LOCKS,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const session = database.createQueryRunner();
  try {
    if (!(await tryLockSession(session, name))) return undefined;
    try {
      return await work();
    } finally {
      await session.query('SELECT pg_advisory_unlock($1)', [LOCKS[name]]);
    }
  } finally {
    await session.release();
  }
}
