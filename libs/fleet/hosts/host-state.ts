import type { Host } from './host.entity.js';

/**
 * Whether a host is up: it holds its lease and no operator has forced it down. `now` is PostgreSQL's clock, which writes the
 * leases. `hostIsUp` says the same in SQL.
 */
export function isUp(host: Pick<Host, 'forcedDown' | 'leaseExpiresAt'>, now: Date): boolean {
  return !host.forcedDown && host.leaseExpiresAt !== null && host.leaseExpiresAt > now;
}

/** SQL: `isUp` of the row of `hosts` by this alias. Never NULL. By the clock of now, also in a long transaction. */
export const hostIsUp = (alias = 'hosts'): string =>
  `(NOT ${alias}.forced_down AND coalesce(${alias}.lease_expires_at > clock_timestamp(), false))`;
