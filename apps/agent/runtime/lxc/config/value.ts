import { InvalidInputError } from '#libs/common/errors';

/** A `key = value` line. Throws InvalidInputError for a value that could begin another line. */
export function line(key: string, value: string | number): string {
  if (/[\u0000-\u001f\u007f]/.test(`${key}${value}`))
    throw new InvalidInputError(key, 'a value without control characters');
  return `${key} = ${value}`;
}
