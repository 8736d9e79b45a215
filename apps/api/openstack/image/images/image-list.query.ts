import { InputError } from '#apps/api/http/input/input-error';
import { boolean, integer, pageOf, text } from '#apps/api/http/query/paging';
import type { FilterField } from '#apps/api/http/query/paging';
import { choiceIn, fitsConstants, integerIn, many, one, timeOf } from '#apps/api/http/query/query';
import type { Query } from '#apps/api/http/query/query';
import type { ImageListRequest, TimeFilter, TimeOperator } from '#libs/images/image-list';
import { visibilities } from './image-fields.js';

/** Glance API: fields that take `in:a,"b,c"`, any of the values. */
const lists = ['id', 'name', 'status', 'disk_format', 'container_format'];

const columns: Readonly<Record<string, FilterField>> = {
  ...Object.fromEntries([...lists, 'owner', 'checksum', 'visibility'].map((name) => [name, text(name)])),
  os_hash_value: text('sha512'),
  os_hash_sha256: text('sha256'),
  protected: boolean('protected'),
  os_hidden: boolean('hidden'),
  size: integer('size'),
  min_disk: integer('min_disk'),
  min_ram: integer('min_ram'),
};

/** Fields that have the same value in every image. */
const constants = { os_hash_algo: 'sha512' };

const times = ['created_at', 'updated_at'] as const;
const operators: readonly TimeOperator[] = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'];

/** Query fields that are no property of images. */
const own = new Set([
  ...[...Object.keys(columns), ...Object.keys(constants), ...times],
  ...['limit', 'marker', 'sort', 'sort_key', 'sort_dir', 'tag', 'size_min', 'size_max', 'member_status'],
]);

const MAX_BYTES = Number.MAX_SAFE_INTEGER;

/**
 * Glance API: the query of GET /v2/images; null where no image can match. An unknown field is a property. Throws
 * InputError.
 */
export function imageListOf(query: Query): (ImageListRequest & { limit: number }) | null {
  choiceIn(query, 'member_status', ['accepted', 'pending', 'rejected', 'all']);
  const { visibility, ...rest } = query;
  const every = choiceIn(query, 'visibility', ['all', ...visibilities]) === 'all';
  const page = pageOf(withLists(every ? rest : { ...rest, visibility }), columns);
  return !fitsConstants(query, constants)
    ? null
    : {
        ...page,
        ...propertiesOf(query),
        times: times.flatMap((field) => timesIn(query, field)),
        tags: many(query, 'tag'),
        sizeMin: integerIn(query, 'size_min', 0, MAX_BYTES),
        sizeMax: integerIn(query, 'size_max', 0, MAX_BYTES),
      };
}

function propertiesOf(query: Query): { properties: Record<string, string> } {
  const names = Object.keys(query).filter((field) => !own.has(field));
  return { properties: Object.fromEntries(names.map((name) => [name, one(query, name)!])) };
}

/** Glance API: `created_at=gt:2026-01-01T00:00:00Z`; without an operator it means that second. */
function timesIn(query: Query, column: TimeFilter['column']): TimeFilter[] {
  return many(query, column).map((value) => {
    const prefix = /^([a-z]+):(.*)$/is.exec(value);
    const operator = prefix ? operators.find((name) => name === prefix[1]!.toLowerCase()) : 'eq';
    if (!operator)
      throw new InputError(column, value, `one of ${operators.join(', ')}, a colon and a time are expected`);
    return { column, operator, at: timeOf(column, prefix ? prefix[2]! : value) };
  });
}

function withLists(query: Query): Query {
  const split = (field: string, value: string) =>
    value.startsWith('in:') ? splitList(field, value.slice(3)) : [value];
  const entries = lists.flatMap((field) => {
    const values = many(query, field);
    return values.length ? [[field, values.flatMap((value) => split(field, value))] as const] : [];
  });
  return { ...query, ...Object.fromEntries(entries) };
}

/** Splits `a,"b,c"`. Throws InputError for quotation marks that do not enclose a whole item. */
function splitList(field: string, text: string): string[] {
  if (!/^("(?:[^"\\]|\\.)*"|[^",]*)(,("(?:[^"\\]|\\.)*"|[^",]*))*$/.test(text))
    throw new InputError(
      field,
      text,
      'items between commas, each of them in quotation marks or without any, are expected',
    );
  const items = text.match(/"(?:[^"\\]|\\.)*"|[^",]+/g) ?? [''];
  return items.map((item) => (item.startsWith('"') ? item.slice(1, -1).replace(/\\(.)/g, '$1') : item));
}
