import type { DataSource, EntityManager } from 'typeorm';
import { retry } from '#libs/common/retry';
import { isAborted, isLostRace } from './transient-errors.js';

const LOST_RACES = { attempts: 5, baseMs: 5, maxMs: 100 };

/** What transactions under way have sent and do not wait for before their commit. */
const unanswered = new WeakMap<EntityManager, Promise<unknown>[]>();

/**
 * Runs `work` in one transaction (read committed) and again, up to five times, where it lost against another one by a
 * deadlock or a serialization failure. `work` must therefore leave nothing behind outside the database.
 */
export function transact<T>(dataSource: DataSource, work: (tx: EntityManager) => Promise<T>): Promise<T> {
  return retry(LOST_RACES, () => once(dataSource, work), isLostRace);
}

/**
 * In `transact`, the statements that `asked` stands for leave in one write with the commit, instead of a round trip before it.
 * For statements whose answer decides nothing: PostgreSQL itself must fail them where the transaction is not to be
 * committed (libs/database/requirement.ts), and takes it back then. Outside of `transact` they are waited for.
 */
export async function withCommit(tx: EntityManager, asked: Promise<unknown>): Promise<void> {
  const pending = unanswered.get(tx);
  if (!pending) return void (await asked);
  asked.catch(() => undefined); // `once` throws it
  pending.push(asked);
}

async function once<T>(dataSource: DataSource, work: (tx: EntityManager) => Promise<T>): Promise<T> {
  const pending: Promise<unknown>[] = [];
  let result: T;
  try {
    result = await dataSource.transaction((tx) => {
      unanswered.set(tx, pending);
      return work(tx);
    });
  } catch (error) {
    throw isAborted(error) ? ((await failureOf(pending)) ?? error) : error;
  }
  const failure = await failureOf(pending);
  if (failure !== undefined) throw failure;
  return result;
}

/** Why one of the statements failed: those behind it only say that the transaction is aborted. */
async function failureOf(asked: readonly Promise<unknown>[]): Promise<Error | undefined> {
  const answers = await Promise.allSettled(asked);
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []));
  return failures.find((failure) => !isAborted(failure)) ?? failures[0];
}
