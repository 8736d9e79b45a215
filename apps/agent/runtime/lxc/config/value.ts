import { InvalidInputError } from '#libs/common/errors';

/** One `key = value` line; a value that could begin another line is refused. */
export function line(key: string, value: string | number): string {
  if (/[\u0000-\u001f\u007f]/.test(`${key}${value}`))
    throw new InvalidInputError(key, 'a value without control characters');
  return `${key} = ${value}`;
}
