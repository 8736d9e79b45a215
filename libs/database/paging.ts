import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { InvalidInputError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { keyset, MAX_PAGE } from './keyset.js';
import type { Direction } from './keyset.js';

export interface SortKey {
  key: string;
  direction: Direction;
}

/**
 * What a client asks of a list: filters (column equals any of the values), order, and the id after which the page
 * begins.
 */
export interface PageRequest {
  filters?: Record<string, string[]>;
  sort?: SortKey[];
  marker?: string;
  /** At most 1000, which is also the default. */
  limit?: number;
}

/** Whether the request filters or sorts by this column. */
export function namesColumn({ filters = {}, sort = [] }: PageRequest, name: string): boolean {
  return Object.hasOwn(filters, name) || sort.some(({ key }) => key === name);
}

/**
 * Narrows `query` to one page. `columns`: the names that clients may use, with their SQL over the alias `x`, never null
 * (`coalesce(x.name, '')`). `visible`: SQL over `x` for what the caller may see; it applies to the marker's row too, or
 * a page would tell where another project's row stands in the order. Throws InvalidInputError for a sort key or filter
 * that is no column.
 */
export function page<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  columns: Record<string, string>,
  { filters = {}, sort = [], marker, limit = MAX_PAGE }: PageRequest,
  visible = 'true',
): SelectQueryBuilder<T> {
  const { primaryColumns } = query.expressionMap.mainAlias!.metadata;
  const ofUuids = primaryColumns[0].type === 'uuid';
  query.andWhere(visible);
  Object.entries(filters).forEach(([name, values], n) => {
    const column = columnOf(columns, name);
    if (name === 'id' && ofUuids)
      query.andWhere(`${column} = ANY(:ids)`, { ids: values.filter((id) => UUID.test(id)) });
    else query.andWhere(`(${column})::text IN (:...filter${n})`, { [`filter${n}`]: values });
  });
  const last: SortKey = { key: 'id', direction: sort[0]?.direction ?? 'asc' };
  const keys = [...sort.filter(({ key }) => key !== 'id'), last];
  // What is no UUID is no row's id; without a cast the index of the primary key is used.
  const isNone = marker !== undefined && ofUuids && !UUID.test(marker);
  if (isNone) query.andWhere('false');
  const order = keys.map(({ key, direction }) => ({ sql: columnOf(columns, key), direction }));
  const from = { row: `x.id = :marker AND ${visible}`, parameters: { marker } };
  return keyset(query, order, { marker: marker === undefined || isNone ? undefined : from, limit });
}

function columnOf(columns: Record<string, string>, name: string): string {
  if (!Object.hasOwn(columns, name)) throw new InvalidInputError(name, `one of ${Object.keys(columns).join(', ')}`);
  return columns[name]!;
}
