import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

/**
 * Every advisory lock of PostgreSQL that the control plane takes, in one place so that no two uses are taken for one.
 * The numbers stay what they are: processes of two versions meet during an upgrade.
 */
export const LOCKS = {
  /** The schema is brought up to date by one process. */
  migrations: 7_205_759,
  /** VNIs are given out one after another. */
  vni: 7_205_760,
  /** One api process keeps house. */
  housekeeping: 7_205_761,
  /** One process prunes the log of desired state. */
  desiredStatePruning: 7_205_762,
  /** One worker sweeps for what queues and dead workers have left. */
  sweeper: 7_205_763,
  /** One worker looks for instances whose host is lost. */
  autoEvacuation: 0x65766163,
} as const;

/** Locks of which there is one per key, by what the key names. */
export type KeyedLock = 'quota' | 'server-group' | 'blob';

/** Ranges of ids are given out one after another (hashtext('id_ranges'), as it was before this registry). */
const ID_RANGES = `hashtext('id_ranges')`;

/** First half of the two-part locks that show workers; the second is a hash of the worker's name. */
export const PRESENCE_SPACE = 0x4c58_5357;

/** Waits for the lock and holds it until the transaction ends. */
export async function lock(tx: EntityManager, name: keyof typeof LOCKS | 'idRanges'): Promise<void> {
  if (name === 'idRanges') await tx.query(`SELECT pg_advisory_xact_lock(${ID_RANGES})`);
  else await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCKS[name]]);
}

/** As `lock`, for one project, group or blob. */
export async function lockKey(tx: EntityManager, space: KeyedLock, key: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 0))`, [space, key]);
}

/** Whether the lock is ours now, until the transaction ends; does not wait. */
export async function tryLock(tx: EntityManager, name: keyof typeof LOCKS): Promise<boolean> {
  const [{ mine }] = await tx.query<{ mine: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS mine', [LOCKS[name]]);
  return mine;
}

/** As `tryLock`, until the session ends or `unlockSession`. Each success is counted: unlock as often. */
export async function tryLockSession(session: QueryRunner, name: keyof typeof LOCKS): Promise<boolean> {
  const [{ mine }] = (await session.query('SELECT pg_try_advisory_lock($1) AS mine', [LOCKS[name]])) as [
    { mine: boolean },
  ];
  return mine;
}

/**
 * Runs `work` where no other process is at it, without a transaction around it: for what takes long. Undefined where
 * another one is.
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
