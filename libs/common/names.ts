import { InvalidInputError } from './errors.js';

/** An RFC 1123 label, which may become a host name. */
export const HOSTNAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** A deployment's name becomes part of interface names, which have at most 15 characters. */
export const DEPLOYMENT = /^[a-z][a-z0-9]{0,7}$/;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const SHA256 = /^[0-9a-f]{64}$/;
export const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/**
 * Returns `value` where it matches, else throws InvalidInputError. Call it before a value reaches a path or a command.
 */
export function requireName(field: string, value: string, pattern: RegExp, expected: string): string {
  if (!pattern.test(value)) throw new InvalidInputError(field, expected);
  return value;
}

/** A display name turned into an RFC 1123 label (Nova: sanitize_hostname). */
export function toHostname(displayName: string, fallback: string): string {
  const label = displayName
    .toLowerCase()
    .replace(/[ _.]/g, '-')
    .replace(/[^a-z0-9-]/g, '')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return label || fallback;
}
