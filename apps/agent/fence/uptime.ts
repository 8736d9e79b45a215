import { readFileSync } from 'node:fs';

/**
 * Milliseconds since the boot, the time in suspend included: the clock that agent and guard share. Setting the time of
 * day does not move it.
 */
export function uptimeMs(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]) * 1000;
}
