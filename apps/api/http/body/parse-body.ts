import { getMetadataStorage, validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { InputError, show } from '../input/input-error.js';
import { factsOf } from './fields.js';
import type { Dto } from './fields.js';

interface Context {
  /** Path of the object in the body, for messages about its fields. */
  path?: string;
  /** Microversion 2.`version`; absent: the face has no microversions. */
  version?: number;
}

/** The object under the body's `key`, as in `{"server": {...}}`. Throws InputError. */
export function unwrap(body: unknown, key: string): Record<string, unknown> {
  if (!isObject(body)) throw new InputError(key, body, `A JSON body of the form {"${key}": {…}} is expected`);
  const inner = Object.hasOwn(body, key) ? body[key] : undefined;
  if (inner === undefined) throw new InputError(key, body, `'${key}' is a required property`);
  if (!isObject(inner)) throw new InputError(key, inner, `${show(inner)} is not of type 'object'`);
  return inner;
}

/**
 * Checks `value` by the rules of its DTO class and returns it as an object of that class. Refuses fields that the class
 * does not have, or not in this version. Throws InputError with the field's path and what was expected.
 */
export function parseBody<T extends object>(dto: Dto<T>, value: unknown, { path = '', version }: Context = {}): T {
  const at = version ?? Infinity;
  const parsed = instantiate(dto, value, path, at);
  const absent = outside(dto, at);
  const errors = validateSync(parsed, { stopAtFirstError: true });
  const error = errors.find(({ property }) => !absent.has(property));
  if (error) throw firstError(error, path);
  return parsed;
}

/**
 * Takes only fields that the DTO declares, and only the object's own: a key such as `constructor` is an unknown field
 * like any other.
 */
function instantiate<T extends object>(dto: Dto<T>, value: unknown, path: string, version: number): T {
  if (!isObject(value)) throw new InputError(path || 'body', value, `${show(value)} is not of type 'object'`);
  const [known, facts, absent] = [fieldsOf(dto), factsOf(dto.prototype as object), outside(dto, version)];
  const made = new dto() as Record<string, unknown>;
  for (const [field, given] of Object.entries(value)) {
    if (!known.has(field) || absent.has(field))
      throw unexpected(field, given, path, absent.has(field) ? version : null);
    const { convert, nested, null: nullIs } = facts.get(field) ?? {};
    const at = path ? `${path}.${field}` : field;
    if (given === null && nullIs === undefined) throw new InputError(at, given, 'null is not of the expected type');
    if (given === null && nullIs === 'absent') continue;
    made[field] = nested ? nest(nested(), given, at, version) : convert ? convert(given) : given;
  }
  return made as T;
}

function nest(dto: Dto, value: unknown, path: string, version: number): unknown {
  if (Array.isArray(value)) return value.map((item, n) => instantiate(dto, item, `${path}.${n}`, version));
  return value === undefined || value === null ? value : instantiate(dto, value, path, version);
}

function unexpected(field: string, value: unknown, path: string, version: number | null): InputError {
  const where = version === null ? '' : ` at 2.${version}`;
  return new InputError(
    path ? `${path}.${field}` : field,
    value,
    `Additional properties are not allowed ('${field}' was unexpected${where})`,
  );
}

const declared = new Map<Dto, ReadonlySet<string>>();

function fieldsOf(dto: Dto): ReadonlySet<string> {
  const known = declared.get(dto);
  if (known) return known;
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const fields = new Set(rules.map((rule) => rule.propertyName));
  declared.set(dto, fields);
  return fields;
}

/** The fields that this version does not have. */
function outside(dto: Dto, version: number): ReadonlySet<string> {
  const windows = [...factsOf(dto.prototype as object)];
  return new Set(
    windows.flatMap(([field, { window }]) =>
      window && (version < window.since || version > window.until) ? field : [],
    ),
  );
}

function firstError(error: ValidationError, path: string): InputError {
  const field = path ? `${path}.${error.property}` : error.property;
  if (error.children?.[0]) return firstError(error.children[0], field);
  if (error.value === undefined)
    return new InputError(field, error.value, `'${error.property}' is a required property`);
  const [reason = 'is not valid'] = Object.values(error.constraints ?? {});
  return new InputError(field, error.value, reason);
}

/** Whether the value is an object, and neither null nor a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields without those that the client left out, so that defaults apply. */
export function given<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
