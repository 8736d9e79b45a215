import type { Host } from './host.entity.js';

/**
 * Whether a host is up: it holds its lease, and no operator has forced it down. `now` is PostgreSQL's clock, which
 * writes the leases. `hostIsUp` is the same rule in SQL.
 */
export function isUp(host: Pick<Host, 'forcedDown' | 'leaseExpiresAt'>, now: Date): boolean {
  return !host.forcedDown && host.leaseExpiresAt !== null && host.leaseExpiresAt > now;
}

/**
 * SQL of `isUp` for the row of `hosts` with this alias. Never NULL. Reads the clock at each row, also late in a long
 * transaction.
 */
export const hostIsUp = (alias = 'hosts'): string =>
  `(NOT ${alias}.forced_down AND coalesce(${alias}.lease_expires_at > clock_timestamp(), false))`;

/** Whether the host's agent has found that it can (`apps/agent/capabilities`). */
export const hasCapability = ({ capabilities }: Pick<Host, 'capabilities'>, wanted: string): boolean =>
  capabilities.some(({ name, present }) => name === wanted && present);
