import { BodyError } from './body.js';
import type { Link } from './links.js';

/** A query as Express parses it: a repeated field is a list. */
export type Query = Record<string, string | string[] | undefined>;

/** Nova: [api] max_limit. */
export const maxLimit = 1000;

/** The last value where a field was repeated. */
export function one(query: Query, field: string): string | undefined {
  const value = query[field];
  return Array.isArray(value) ? value.at(-1) : value;
}

export function many(query: Query, field: string): string[] {
  const value = query[field];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** Throws BodyError for what is no non-negative integer; at most maxLimit, which also is the default. */
export function limitOf(query: Query): number {
  const text = one(query, 'limit');
  if (text === undefined) return maxLimit;
  if (!/^\d+$/.test(text)) throw new BodyError('limit', text, 'a non-negative integer is expected');
  const limit = Number(text);
  return limit === 0 ? maxLimit : Math.min(limit, maxLimit);
}

export function integer(query: Query, field: string): number | undefined {
  const text = one(query, field);
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw new BodyError(field, text, 'an integer is expected');
  return Number(text);
}

/** Nova takes 1, true, yes, on, t, y (any case) for true. */
export function flag(query: Query, field: string): boolean {
  const text = one(query, field);
  return text !== undefined && /^(1|true|yes|on|t|y|)$/i.test(text);
}

/** `next`, where the page is full: the same query from the last item on. */
export function nextLink(url: string, query: Query, page: { id: string | number }[], limit: number): Link[] {
  const last = page.at(-1);
  if (!last || page.length < limit) return [];
  const next = new URLSearchParams();
  for (const [field, value] of Object.entries(query))
    for (const item of Array.isArray(value) ? value : [value ?? '']) if (field !== 'marker') next.append(field, item);
  next.set('marker', String(last.id));
  return [{ rel: 'next', href: `${url}?${next.toString()}` }];
}
