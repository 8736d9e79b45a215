import { MAX_PAGE } from '#libs/database/keyset';
import type { PageRequest, SortKey } from '#libs/database/paging';
import { booleanOf } from '../input/booleans.js';
import { InputError } from '../input/input-error.js';
import { integerIn, many, one } from './query.js';
import type { Query } from './query.js';

/** What `limit=0` means: no item (Nova, Glance), or no limit (Neutron). */
export type ZeroLimit = 'none' | 'all';

/** The page's limit: 1000 at most, which is also the default. Throws InputError. */
export function limitOf(query: Query, zero: ZeroLimit = 'none'): number {
  const limit = integerIn(query, 'limit', 0, Number.MAX_SAFE_INTEGER) ?? MAX_PAGE;
  return Math.min(limit === 0 && zero === 'all' ? MAX_PAGE : limit, MAX_PAGE);
}

/** A sort direction; `usual` where the text is absent. Throws InputError. */
export function directionOf(text: string | undefined, usual: SortKey['direction']): SortKey['direction'] {
  const direction = text ?? usual;
  if (direction !== 'asc' && direction !== 'desc') throw new InputError('sort_dir', text, 'asc or desc is expected');
  return direction;
}

/** Sort keys: `sort_key=a&sort_dir=desc&sort_key=b`, or Glance's `sort=a:desc,b`. Throws InputError. */
export function sortOf(query: Query, usual: SortKey['direction'] = 'asc'): SortKey[] {
  const directions = many(query, 'sort_dir');
  const pairs = many(query, 'sort_key').map((key, n) => ({
    key,
    direction: directionOf(directions[n] ?? directions[0], usual),
  }));
  for (const part of many(query, 'sort').flatMap((text) => text.split(','))) {
    const [key = '', direction] = part.split(':');
    pairs.push({ key, direction: directionOf(direction, 'desc') });
  }
  return pairs;
}

/** A query field that narrows a list: the column that it is compared with, and the type of its values. */
export interface FilterField {
  column: string;
  kind: 'text' | 'boolean' | 'integer' | 'flag';
}

/** A filter by text. */
export const text = (column: string): FilterField => ({ column, kind: 'text' });
/** A filter by a boolean, in any spelling. */
export const boolean = (column: string): FilterField => ({ column, kind: 'boolean' });
/** Keystone API: a filter by a boolean whose mere name means true (`?enabled`). */
export const flagged = (column: string): FilterField => ({ column, kind: 'flag' });
/** A filter by an integer. */
export const integer = (column: string): FilterField => ({ column, kind: 'integer' });

/** The query fields that narrow a list. */
export interface ListFilters {
  /** Fields that are compared with a column. */
  columns: Readonly<Record<string, FilterField>>;
  /** Fields with the same value in every item (null: none): where the query asks for another value, no item matches. */
  constants?: Readonly<Record<string, string | boolean | null>>;
}

/** The filters that the query names, by column; a repeated field matches any of its values. Throws InputError. */
export function filtersOf(query: Query, fields: Readonly<Record<string, FilterField>>): Record<string, string[]> {
  const filters: Record<string, string[]> = {};
  for (const [field, { column, kind }] of Object.entries(fields)) {
    const values = many(query, field).map((value) => valueOf(field, value, kind));
    if (values.length) filters[column] = values;
  }
  return filters;
}

function valueOf(field: string, value: string, kind: FilterField['kind']): string {
  if (kind === 'text') return value;
  if (kind === 'flag' && value === '') return 'true';
  const found = kind !== 'integer' ? booleanOf(value) : /^\d{1,15}$/.test(value) ? Number(value) : undefined;
  if (found === undefined)
    throw new InputError(field, value, kind === 'integer' ? 'an integer is expected' : 'true or false is expected');
  return String(found);
}

/** Filters, order, marker and limit of a list. Throws InputError. */
export function pageOf(
  query: Query,
  fields: Readonly<Record<string, FilterField>>,
  zero: ZeroLimit = 'none',
): PageRequest & { limit: number } {
  return {
    filters: filtersOf(query, fields),
    sort: sortOf(query).map(({ key, direction }) => ({
      key: Object.hasOwn(fields, key) ? fields[key]!.column : key,
      direction,
    })),
    marker: one(query, 'marker'),
    limit: limitOf(query, zero),
  };
}

/** URL of the next page; undefined where this page of `limit` items is not full. */
export function nextPage(
  url: string,
  query: Query,
  page: readonly { id: string | number }[],
  limit: number,
): string | undefined {
  const last = page.at(-1);
  return last && page.length >= limit ? linkBehind(url, query, String(last.id)) : undefined;
}

/** Address of the same query behind the item `marker`. */
export function linkBehind(url: string, query: Query, marker: string): string {
  const next = new URLSearchParams();
  for (const field of Object.keys(query))
    for (const item of many(query, field)) if (field !== 'marker') next.append(field, item);
  next.set('marker', marker);
  return `${url}?${next.toString()}`;
}
