import { LRUCache } from 'lru-cache';
import type pg from 'pg';

/** Texts that are counted; beyond, the least used are forgotten. */
const COUNTED = 2_000;
/** Statements with a name: each is kept by every connection that has used it. */
const NAMED = 400;
/** A text is prepared when it is used so often: those made for one request are not. */
const OFTEN = 3;

/** Of this process, so that a statement has one name on all its connections. */
const uses = new LRUCache<string, number>({ max: COUNTED });
const names = new Map<string, string>();

/**
 * Statements that are used again and again are parsed and planned once per connection: planning takes longer than most of
 * ours run. Transactions' own words have no values and are left as they are. A plan whose result a migration has changed
 * is refused by PostgreSQL once (0A000, a transient error: transient-errors.ts); the statement has a new name from then on.
 */
export function prepared(text: string, values: unknown[]): pg.QueryConfig {
  const name = names.get(text) ?? nameIfOften(text);
  return name === undefined ? { text, values } : { name, text, values };
}

/** The statement's plan does not fit the schema any more. */
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
