import type { DataSource, EntityManager } from 'typeorm';
import { InvalidInputError } from '#libs/common/errors';
import { isCancelled, isInvalidPattern } from './transient-errors.js';

/** Longest pattern of a user, in characters. */
const MAX_PATTERN = 255;
const PATTERN_TIMEOUT_MS = 1_000;

/**
 * Runs a query with regular expressions of users, with a second's time-out: only PostgreSQL knows its dialect.
 * `patterns`: what was given, by field. Throws InvalidInputError for a pattern that is invalid or takes too long.
 */
export async function queryByPatterns<T>(
  database: DataSource,
  patterns: Readonly<Record<string, string | undefined>>,
  work: (tx: EntityManager) => Promise<T>,
): Promise<T> {
  const given = Object.entries(patterns).filter(([, pattern]) => pattern !== undefined);
  if (!given.length) return work(database.manager);
  const fields = given.map(([field]) => field).join(', ');
  if (given.some(([, pattern]) => pattern!.length > MAX_PATTERN))
    throw new InvalidInputError(fields, `a regular expression of at most ${MAX_PATTERN} characters`);
  try {
    return await database.transaction(async (tx) => {
      await tx.query(`SET LOCAL statement_timeout = ${PATTERN_TIMEOUT_MS}`);
      return work(tx);
    });
  } catch (error) {
    if (isInvalidPattern(error)) throw new InvalidInputError(fields, 'a regular expression');
    if (isCancelled(error))
      throw new InvalidInputError(fields, 'a regular expression that is evaluated within a second');
    throw error;
  }
}
