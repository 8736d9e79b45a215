import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { NotFoundError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';

export type Direction = 'asc' | 'desc';

/** Upper bound of the rows of a page (invariant 6). */
export const MAX_PAGE = 1_000;

/** A key of a list's order: SQL over the list's alias that is never null (`coalesce(x.name, '')`). */
export interface OrderKey {
  sql: string;
  direction: Direction;
}

/** The row after which a page begins: SQL over the list's alias that holds for this row only, with its parameters. */
export interface MarkerRow {
  row: string;
  parameters: ObjectLiteral;
}

/** A marker as the client gave it, with the row that it names. */
export interface Marker extends MarkerRow {
  /** The listed resource, as a NotFoundError names it. */
  resource: string;
  id: string;
  /** Whether ids of this list are UUIDs; another text names no row then. */
  isUuid?: boolean;
}

/** The marker names no row that the caller may list. Each face answers as its service does. */
export class MarkerNotFoundError extends NotFoundError {}

/**
 * Reads the rows of one page, as `keyset` selects them. `reverse`: the rows before the marker, in the order asked for
 * (Neutron API: page_reverse). Throws MarkerNotFoundError; the marker's row is looked for only where the page is empty.
 */
export async function readPage<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  keys: readonly OrderKey[],
  { marker, limit, reverse = false }: { marker?: Marker; limit?: number; reverse?: boolean },
): Promise<T[]> {
  if (marker?.isUuid && !UUID.test(marker.id)) throw new MarkerNotFoundError(marker.resource, marker.id);
  const found = await keyset(query, reverse ? keys.map(turned) : keys, { marker, limit }).getMany();
  if (marker && !found.length && !(await isThere(query, marker)))
    throw new MarkerNotFoundError(marker.resource, marker.id);
  return reverse ? found.reverse() : found;
}

const turned = ({ sql, direction }: OrderKey): OrderKey => ({ sql, direction: direction === 'asc' ? 'desc' : 'asc' });

async function isThere(query: SelectQueryBuilder<ObjectLiteral>, { row, parameters }: Marker): Promise<boolean> {
  const { name, metadata } = query.expressionMap.mainAlias!;
  const rows = query.createQueryBuilder().select('1').from(metadata.target, name);
  return (
    (await rows
      .where(row)
      .setParameters({ ...query.getParameters(), ...parameters })
      .getRawOne()) !== undefined
  );
}

/**
 * Orders a query and narrows it to one page. The last of `keys` must differ in all rows. Where the marker names no row,
 * the page is empty. `limit`: at most 1000.
 */
export function keyset<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  keys: readonly OrderKey[],
  { marker, limit = MAX_PAGE }: { marker?: MarkerRow; limit?: number },
): SelectQueryBuilder<T> {
  const { name: alias, metadata } = query.expressionMap.mainAlias!;
  if (marker) query.andWhere(`(${behindMarker(keys, alias, metadata.tableName, marker.row)})`, marker.parameters);
  query.orderBy();
  for (const [n, { sql, direction }] of keys.entries()) {
    // The parentheses keep TypeORM from reading the name as the entity's property.
    query.addSelect(`(${sql})`, `sort_${n}`);
    query.addOrderBy(`sort_${n}`, direction === 'asc' ? 'ASC' : 'DESC');
  }
  return query.limit(Math.min(limit, MAX_PAGE));
}

/**
 * SQL that holds for the rows after the marker's; `row` as in MarkerRow. Keys of one direction are compared as a row,
 * so that an index over them is read from the marker on.
 */
export function behindMarker(keys: readonly OrderKey[], alias: string, table: string, row: string): string {
  const ofMarker = (sql: string) => sql.replace(new RegExp(`\\b${alias}\\.`, 'g'), 'marker_row.');
  const mark = (sqls: string[]) =>
    `(SELECT ${sqls.map(ofMarker).join(', ')} FROM ${table} marker_row WHERE ${ofMarker(row)})`;
  const sign = (direction: Direction) => (direction === 'asc' ? '>' : '<');
  if (keys.every(({ direction }) => direction === keys[0].direction)) {
    const columns = keys.map(({ sql }) => sql);
    return `(${columns.join(', ')}) ${sign(keys[0].direction)} ${mark(columns)}`;
  }
  // Rows that are equal in the first keys and come later in the next one.
  return keys
    .map(({ sql, direction }, n) => {
      const same = keys.slice(0, n).map((before) => `${before.sql} = ${mark([before.sql])}`);
      return `(${[...same, `${sql} ${sign(direction)} ${mark([sql])}`].join(' AND ')})`;
    })
    .join(' OR ');
}
