import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { InvalidInputError } from '#libs/common/errors';
import { renderMicroversion } from './microversion.js';
import type { Microversion } from './microversion.js';

/** Nova's wording of a malformed body. */
export class BodyError extends InvalidInputError {
  constructor(field: string, value: unknown, reason: string) {
    super(field, reason);
    this.message = `Invalid input for field/attribute ${field}. Value: ${show(value)}. ${reason}`;
  }
}

const windows = new Map<object, Map<string, { since: Microversion; until: Microversion }>>();

/** The field exists from microversion 2.`since` up to 2.`until`; outside of it is unknown, and not required. */
export function Between(since: Microversion, until: Microversion = Infinity): PropertyDecorator {
  return (target, property) => {
    const fields = windows.get(target) ?? new Map<string, { since: Microversion; until: Microversion }>();
    windows.set(target, fields.set(String(property), { since, until }));
  };
}

export const Since = (version: Microversion): PropertyDecorator => Between(version);

/** The object under `key` of a body: `{"server": {...}}`. Throws BodyError. */
export function unwrap(body: unknown, key: string): Record<string, unknown> {
  if (!isObject(body)) throw new BodyError('body', body, 'A JSON object was expected.');
  const inner = body[key];
  if (inner === undefined) throw new BodyError(key, body, `'${key}' is a required property`);
  if (!isObject(inner)) throw new BodyError(key, inner, `${show(inner)} is not of type 'object'`);
  return inner;
}

/** Checks `value` against its DTO and gives it as one. Unknown fields are refused, as Nova does. Throws BodyError. */
export function parse<T extends object>(dto: new () => T, value: unknown, version: Microversion, path = ''): T {
  if (!isObject(value)) throw new BodyError(path || 'body', value, `${show(value)} is not of type 'object'`);
  refuseOtherVersions(dto.prototype as object, value, version, path);
  const parsed = plainToInstance(dto, value);
  const unknown = new Set(
    windowsOf(dto.prototype as object)
      .filter(outside(version))
      .map(([field]) => field),
  );
  const errors = validateSync(parsed, { whitelist: true, forbidNonWhitelisted: true, stopAtFirstError: true });
  const error = errors.find(({ property }) => !unknown.has(property));
  if (error) throw firstError(error, path);
  return parsed;
}

function refuseOtherVersions(prototype: object, value: object, version: Microversion, path: string): void {
  for (const [field] of windowsOf(prototype).filter(outside(version))) {
    if (field in value)
      throw new BodyError(
        path || field,
        value,
        `Additional properties are not allowed ('${field}' was unexpected at ${renderMicroversion(version)})`,
      );
  }
}

type FieldWindow = [field: string, { since: Microversion; until: Microversion }];

const outside =
  (version: Microversion) =>
  ([, { since, until }]: FieldWindow): boolean =>
    version < since || version > until;

/** Its own and those it inherits. */
function windowsOf(prototype: object | null): FieldWindow[] {
  if (prototype === null) return [];
  return [...(windows.get(prototype) ?? []), ...windowsOf(Object.getPrototypeOf(prototype) as object | null)];
}

function firstError(error: ValidationError, path: string): BodyError {
  const field = path ? `${path}.${error.property}` : error.property;
  if (error.children?.[0]) return firstError(error.children[0], field);
  if (error.constraints?.whitelistValidation)
    return new BodyError(
      path || error.property,
      error.value,
      `Additional properties are not allowed ('${error.property}' was unexpected)`,
    );
  const [reason = 'is not valid'] = Object.values(error.constraints ?? {});
  if (error.value === undefined) return new BodyError(field, error.value, `'${error.property}' is a required property`);
  return new BodyError(field, error.value, reason);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'None');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
