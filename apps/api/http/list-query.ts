import { InvalidInputError } from '#libs/common/errors';
import type { PageRequest, SortKey } from '#libs/database/paging';
import { MAX_PAGE } from '#libs/database/paging';

/** A query as Express parses it: a repeated field is a list. */
export type Query = Record<string, string | string[] | undefined>;

export function many(query: Query, field: string): string[] {
  const value = query[field];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

export const one = (query: Query, field: string): string | undefined => many(query, field).at(-1);

/** Throws InvalidInputError. 1000 at most, which is the default. */
export function limitOf(query: Query): number {
  const text = one(query, 'limit');
  if (text === undefined) return MAX_PAGE;
  if (!/^\d{1,9}$/.test(text)) throw new InvalidInputError('limit', `an integer from 0 to ${MAX_PAGE}`);
  return Math.min(Number(text), MAX_PAGE);
}

/** `sort_key=a&sort_dir=desc&sort_key=b` (both forms) and Glance's `sort=a:desc,b`. Throws InvalidInputError. */
export function sortOf(query: Query): SortKey[] {
  const directions = many(query, 'sort_dir');
  const pairs = many(query, 'sort_key').map((key, n): [string, string] => [
    key,
    directions[n] ?? directions[0] ?? 'asc',
  ]);
  for (const part of many(query, 'sort').flatMap((text) => text.split(','))) {
    const [key = '', direction = 'desc'] = part.split(':');
    pairs.push([key, direction]);
  }
  return pairs.map(([key, direction]) => {
    if (direction !== 'asc' && direction !== 'desc') throw new InvalidInputError('sort_dir', 'asc or desc');
    return { key, direction };
  });
}

/** Those of the query's fields that are in `names` (query name to column name) become filters. */
export function pageOf(query: Query, names: Record<string, string>): PageRequest & { limit: number } {
  const filters: Record<string, string[]> = {};
  for (const [field, column] of Object.entries(names)) {
    const values = many(query, field);
    if (values.length) filters[column] = values;
  }
  return { filters, sort: sortOf(query), marker: one(query, 'marker'), limit: limitOf(query) };
}

/** The same query from the last item on; undefined where the page is not full. */
export function nextPage(url: string, query: Query, page: { id: string }[]): string | undefined {
  const last = page.at(-1);
  if (!last || page.length < limitOf(query)) return undefined;
  const next = new URLSearchParams();
  for (const field of Object.keys(query))
    for (const item of many(query, field)) if (field !== 'marker') next.append(field, item);
  next.set('marker', last.id);
  return `${url}?${next.toString()}`;
}
