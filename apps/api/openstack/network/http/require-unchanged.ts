import { InvalidInputError } from '#libs/common/errors';

/** Neutron API: read-only attributes. Throws InvalidInputError where the body changes one of `fields`. */
export function requireUnchanged<T extends object>(body: T, fields: readonly (keyof T & string)[]): void {
  const given = fields.find((field) => body[field] !== undefined);
  if (given !== undefined) throw new InvalidInputError(given, 'no value: it cannot be changed');
}
