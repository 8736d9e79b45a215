import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { InvalidInputError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { MAX_PAGE, readPage } from './keyset.js';
import type { Direction } from './keyset.js';

export interface SortKey {
  key: string;
  direction: Direction;
}

/** A comparison of a part of a text (Keystone API: `name__icontains`). */
export interface TextFilter {
  column: string;
  part: 'contains' | 'startswith' | 'endswith';
  anyCase: boolean;
  value: string;
}

/** A comparison of a column that is a list of texts with values: it has all of them, or any. */
export interface ListFilter {
  column: string;
  how: 'all' | 'any';
  /** Whether the rows wanted are those for which it does not hold. */
  not: boolean;
  values: string[];
}

/**
 * What a client asks of a list: filters (column equals any of the values), order, and the id after which the page
 * begins.
 */
export interface PageRequest {
  filters?: Record<string, string[]>;
  /** Comparisons that must all hold. */
  texts?: TextFilter[];
  /** As `texts`. */
  lists?: ListFilter[];
  sort?: SortKey[];
  marker?: string;
  /** At most 1000, which is also the default. */
  limit?: number;
  /** Whether the page lies before the marker. */
  reverse?: boolean;
}

/** Whether the request filters or sorts by this column. */
export function namesColumn({ filters = {}, sort = [] }: PageRequest, name: string): boolean {
  return Object.hasOwn(filters, name) || sort.some(({ key }) => key === name);
}

/**
 * Reads one page of `query`. `resource`: what is listed, as a NotFoundError names it. `columns`: the names that clients may use, with their SQL over the alias `x`, never null
 * (`coalesce(x.name, '')`). `visible`: SQL over `x` for what the caller may see; it applies to the marker's row too, or
 * a page would tell where another project's row stands in the order. Throws MarkerNotFoundError, and InvalidInputError
 * for a sort key or filter that is no column.
 */
export async function page<T extends ObjectLiteral>(
  resource: string,
  query: SelectQueryBuilder<T>,
  columns: Record<string, string>,
  { filters = {}, texts = [], lists = [], sort = [], marker, limit = MAX_PAGE, reverse }: PageRequest,
  visible = 'true',
): Promise<T[]> {
  const { primaryColumns, columns: all } = query.expressionMap.mainAlias!.metadata;
  const ofUuids = primaryColumns[0].type === 'uuid';
  const typeOf = (sql: string) => all.find(({ databaseName }) => sql === `x.${databaseName}`)?.type;
  query.andWhere(visible);
  Object.entries(filters).forEach(([name, values], n) => {
    const column = columnOf(columns, name);
    const type = typeOf(column);
    // An id is compared as it is stored, so that its index is used; a text that is no UUID is nobody's id.
    const wanted = type === 'uuid' ? values.filter((id) => UUID.test(id)) : values;
    const compared = type === 'uuid' || type === 'text' ? column : `(${column})::text`;
    query.andWhere(`${compared} = ANY(:filter${n})`, { [`filter${n}`]: wanted });
  });
  texts.forEach((filter, n) => query.andWhere(partOf(columnOf(columns, filter.column), filter, `part${n}`)));
  texts.forEach(({ value }, n) => query.setParameter(`part${n}`, value));
  lists.forEach(({ column, how, not, values }, n) => {
    const compared = `${columnOf(columns, column)} ${how === 'all' ? '@>' : '&&'} CAST(:list${n} AS text[])`;
    query.andWhere(not ? `NOT (${compared})` : compared, { [`list${n}`]: values });
  });
  const last: SortKey = { key: 'id', direction: sort[0]?.direction ?? 'asc' };
  const keys = [...sort.filter(({ key }) => key !== 'id'), last];
  const order = keys.map(({ key, direction }) => ({ sql: columnOf(columns, key), direction }));
  const row = `x.id = :marker AND ${visible}`;
  const from =
    marker === undefined ? undefined : { resource, id: marker, isUuid: ofUuids, row, parameters: { marker } };
  return readPage(query, order, { marker: from, limit, reverse });
}

/** SQL that is true where `column` fits the filter. `name`: the parameter with the filter's value. */
function partOf(column: string, { part, anyCase }: TextFilter, name: string): string {
  const [text, value] = anyCase ? [`lower(${column})`, `lower(:${name})`] : [column, `:${name}`];
  if (part === 'contains') return `position(${value} in ${text}) > 0`;
  return part === 'startswith' ? `starts_with(${text}, ${value})` : `right(${text}, length(${value})) = ${value}`;
}

/**
 * One page of what `may` says of: rows that it refuses are passed over, and the page is filled from those behind. Where
 * `read` already leaves out what it refuses, one read is enough.
 */
export async function permittedPage<T extends { id: string }>(
  request: PageRequest,
  read: (request: PageRequest) => Promise<T[]>,
  may: (row: T) => boolean,
): Promise<T[]> {
  const limit = Math.min(request.limit ?? MAX_PAGE, MAX_PAGE);
  const found: T[] = [];
  for (let marker = request.marker; ;) {
    const rows = await read({ ...request, marker, limit });
    found.push(...rows.filter(may));
    if (rows.length < limit || found.length >= limit) return found.slice(0, limit);
    marker = rows.at(-1)!.id;
  }
}

function columnOf(columns: Record<string, string>, name: string): string {
  if (!Object.hasOwn(columns, name)) throw new InvalidInputError(name, `one of ${Object.keys(columns).join(', ')}`);
  return columns[name]!;
}
