import { LRUCache } from 'lru-cache';
import type pg from 'pg';

/** Texts that are counted; of more, the least used are forgotten. */
const COUNTED = 2_000;
/** Statements that are prepared: every connection that has used one keeps it. */
const NAMED = 400;
/** A text is prepared at its third use, so that texts built for one request are not. */
const OFTEN = 3;

/** Counted per process, so that a statement has one name on all its connections. */
const uses = new LRUCache<string, number>({ max: COUNTED });
const names = new Map<string, string>();

/**
 * A query that PostgreSQL parses and plans once per connection where it is used often: planning takes longer than most
 * statements run. Statements without values (BEGIN, COMMIT) are left as they are. After a migration PostgreSQL refuses
 * a stale plan once (0A000, transient: transient-errors.ts), and the statement gets a new name.
 */
export function prepared(text: string, values: unknown[]): pg.QueryConfig {
  const name = names.get(text) ?? nameIfOften(text);
  return name === undefined ? { text, values } : { name, text, values };
}

/** Gives the statement a new name: its plan does not fit the schema any more. */
export function forgetPrepared(text: string): void {
  if (names.has(text)) names.set(text, newName());
}

function nameIfOften(text: string): string | undefined {
  const count = (uses.get(text) ?? 0) + 1;
  uses.set(text, count);
  if (count < OFTEN || names.size >= NAMED) return undefined;
  const name = newName();
  names.set(text, name);
  return name;
}

let made = 0;
const newName = (): string => `lx${++made}`;
