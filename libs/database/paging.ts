import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { InvalidInputError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';

export interface SortKey {
  key: string;
  direction: 'asc' | 'desc';
}

/** What is asked of a list: equality filters (any of the values), order, the id after which the page begins. */
export interface PageRequest {
  filters?: Record<string, string[]>;
  sort?: SortKey[];
  marker?: string;
  /** At most 1000, which is the default. */
  limit?: number;
}

export const MAX_PAGE = 1_000;

/** True where the request filters or sorts by this column. */
export function namesColumn({ filters = {}, sort = [] }: PageRequest, name: string): boolean {
  return Object.hasOwn(filters, name) || sort.some(({ key }) => key === name);
}

/**
 * Narrows `query` to one page. `columns` maps the names a client may use to SQL over the alias `x`, never null
 * (`coalesce(x.name, '')`). `visible`: SQL over `x` for what the caller may see at all; it holds for the marker's row too,
 * or a page would tell where another's stands in the order. Throws InvalidInputError for a sort key or filter that is none
 * of the columns.
 */
export function page<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  columns: Record<string, string>,
  { filters = {}, sort = [], marker, limit = MAX_PAGE }: PageRequest,
  visible = 'true',
): SelectQueryBuilder<T> {
  const { tableName: table, primaryColumns } = query.expressionMap.mainAlias!.metadata;
  const ofUuids = primaryColumns[0].type === 'uuid';
  query.andWhere(visible);
  Object.entries(filters).forEach(([name, values], n) => {
    const column = columnOf(columns, name);
    if (name === 'id' && ofUuids)
      query.andWhere(`${column} = ANY(:ids)`, { ids: values.filter((id) => UUID.test(id)) });
    else query.andWhere(`(${column})::text IN (:...filter${n})`, { [`filter${n}`]: values });
  });
  const keys = [...sort.filter(({ key }) => key !== 'id'), { key: 'id', direction: sort[0]?.direction ?? 'asc' }];
  // What is no UUID names no row; the index of the primary key is asked without a cast.
  if (marker !== undefined && ofUuids && !UUID.test(marker)) query.andWhere('false');
  else if (marker !== undefined) query.andWhere(`(${after(columns, keys, table, visible)})`, { marker });
  query.orderBy();
  for (const [n, { key, direction }] of keys.entries()) {
    query.addSelect(`(${columnOf(columns, key)})`, `sort_${n}`);
    query.addOrderBy(`sort_${n}`, direction === 'asc' ? 'ASC' : 'DESC');
  }
  return query.limit(Math.min(limit, MAX_PAGE));
}

/** Rows behind the marker's: equal in the first keys, beyond it in the next. */
function after(columns: Record<string, string>, keys: SortKey[], table: string, visible: string): string {
  const ofMarker = (sql: string) => sql.replace(/\bx\./g, 'm.');
  const mark = (key: string) =>
    `(SELECT ${ofMarker(columnOf(columns, key))} FROM ${table} m WHERE m.id = :marker AND ${ofMarker(visible)})`;
  return keys
    .map(({ key, direction }, n) =>
      [
        ...keys.slice(0, n).map((before) => `${columnOf(columns, before.key)} = ${mark(before.key)}`),
        `${columnOf(columns, key)} ${direction === 'asc' ? '>' : '<'} ${mark(key)}`,
      ].join(' AND '),
    )
    .map((part) => `(${part})`)
    .join(' OR ');
}

function columnOf(columns: Record<string, string>, name: string): string {
  if (!Object.hasOwn(columns, name)) throw new InvalidInputError(name, `one of ${Object.keys(columns).join(', ')}`);
  return columns[name]!;
}
