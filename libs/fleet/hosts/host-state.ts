import type { Host } from './host.entity.js';

/** Up: its lease lies in the future (PostgreSQL writes it, `now` must be near that clock) and it is not forced down. */
export function isUp(host: Pick<Host, 'forcedDown' | 'leaseExpiresAt'>, now: Date): boolean {
  return !host.forcedDown && host.leaseExpiresAt !== null && host.leaseExpiresAt > now;
}
