import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { ValidationError } from 'class-validator';
import { InvalidInputError } from '#libs/common/errors';

/** The object under `key` of a body: `{"network": {...}}`. Throws InvalidInputError. */
export function unwrap(body: unknown, key: string): Record<string, unknown> {
  const inner = isObject(body) ? body[key] : undefined;
  if (!isObject(inner)) throw new InvalidInputError(key, `a JSON body of the form {"${key}": {…}}`);
  return inner;
}

/**
 * Checks `value` against its class-validator class and gives it as one. Fields the class does not have are refused.
 * Throws InvalidInputError with the field's path and what was expected.
 */
export function parseBody<T extends object>(type: new () => T, value: unknown, path = ''): T {
  if (!isObject(value)) throw new InvalidInputError(path || 'body', 'a JSON object');
  const parsed = plainToInstance(type, value);
  const [error] = validateSync(parsed, { whitelist: true, forbidNonWhitelisted: true, stopAtFirstError: true });
  if (error) throw firstError(error, path);
  return parsed;
}

function firstError(error: ValidationError, path: string): InvalidInputError {
  const field = path ? `${path}.${error.property}` : error.property;
  if (error.children?.[0]) return firstError(error.children[0], field);
  if (error.constraints?.whitelistValidation) return new InvalidInputError(field, 'no such field');
  return new InvalidInputError(field, Object.values(error.constraints ?? {})[0] ?? 'a valid value');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without what the client left out, so that defaults stand. */
export function given<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
