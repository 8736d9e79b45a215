import { booleanOf } from '../input/booleans.js';
import { InputError } from '../input/input-error.js';

/** A query as Express parses it: a repeated field becomes a list. */
export type Query = Record<string, string | string[] | undefined>;

/** Range of PostgreSQL's `int`. */
const [MIN_INT, MAX_INT] = [-2_147_483_648, 2_147_483_647];

/** Every value of the field, in their order. */
export function many(query: Query, field: string): string[] {
  const value = Object.hasOwn(query, field) ? query[field] : undefined;
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** The field's last value; undefined where the field is absent. */
export const one = (query: Query, field: string): string | undefined => many(query, field).at(-1);

/** Throws InputError for what is no integer of `least` to `most`; by default the range of PostgreSQL's `int`. */
export function integerIn(query: Query, field: string, least = MIN_INT, most = MAX_INT): number | undefined {
  const text = one(query, field);
  if (text === undefined) return undefined;
  const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most))
    throw new InputError(field, text, `an integer from ${least} to ${most} is expected`);
  return value;
}

/**
 * A boolean in any spelling; a field without a value is true. Undefined where the field is absent. Throws InputError.
 */
export function booleanIn(query: Query, field: string): boolean | undefined {
  const text = one(query, field);
  if (text === undefined) return undefined;
  const value = text === '' ? true : booleanOf(text);
  if (value === undefined) throw new InputError(field, text, 'true or false is expected');
  return value;
}

/** As `booleanIn`; false where the field is absent. */
export const flag = (query: Query, field: string): boolean => booleanIn(query, field) ?? false;

/** An ISO 8601 time; without a zone it is UTC. Throws InputError. */
export function timeIn(query: Query, field: string): Date | undefined {
  const text = one(query, field);
  return text === undefined ? undefined : timeOf(field, text);
}

const ISO_8601 = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?)?$/i;

/** As `timeIn`, for a text that is already taken from the query. Throws InputError. */
export function timeOf(field: string, text: string): Date {
  const zoned = /[T ].*(Z|[+-]\d\d(:?\d\d)?)$/i.test(text) ? text : `${text}${/[T ]/i.test(text) ? '' : 'T00:00:00'}Z`;
  const time = new Date(
    zoned
      .replace(' ', 'T')
      .replace(',', '.')
      .replace(/([+-]\d\d)(\d\d)?$/, '$1:$2')
      .replace(/:$/, ':00'),
  );
  if (!ISO_8601.test(text) || Number.isNaN(time.getTime()))
    throw new InputError(field, text, 'an ISO 8601 time is expected');
  return time;
}

/** Throws InputError for a value that is none of `values`. */
export function choiceIn<T extends string>(query: Query, field: string, values: readonly T[]): T | undefined {
  const text = one(query, field);
  if (text === undefined) return undefined;
  const found = values.find((value) => value === text);
  if (found === undefined) throw new InputError(field, text, `one of ${values.join(', ')} is expected`);
  return found;
}

/**
 * Whether the query can match items in which `constants` have these values (null: none). A field that the query does
 * not name does not narrow.
 */
export function fitsConstants(query: Query, constants: Readonly<Record<string, string | boolean | null>>): boolean {
  return Object.entries(constants).every(([field, constant]) => {
    const values = many(query, field);
    const same = (value: string) =>
      typeof constant === 'boolean' ? booleanOf(value) === constant : value === constant;
    return !values.length || values.some(same);
  });
}

/** Throws InputError for a field that is not among `known`, for APIs that refuse unknown fields. */
export function requireKnown(query: Query, known: Iterable<string>): void {
  const names = new Set(known);
  const unknown = Object.keys(query).find((field) => !names.has(field));
  if (unknown !== undefined)
    throw new InputError(
      unknown.slice(0, 100),
      one(query, unknown),
      `Additional properties are not allowed ('${unknown.slice(0, 100)}' was unexpected)`,
    );
}
