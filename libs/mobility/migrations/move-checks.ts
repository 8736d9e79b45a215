import type { EntityManager } from 'typeorm';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { MoveRefusedError } from './move.errors.js';

/** Leases are written by PostgreSQL's clock, so they are judged by it. */
export async function databaseTime(tx: EntityManager): Promise<Date> {
  const [{ now }] = await tx.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
  return now;
}

/** Throws MoveRefusedError where the host's agent has not shown it. */
export function requireCapability(host: Host, name: string): void {
  const found = host.capabilities.find((capability) => capability.name === name);
  if (found?.present) return;
  throw new MoveRefusedError('host', [
    `Host ${host.name} cannot ${name}: ${found?.detail ?? 'its agent has not said so'}.`,
  ]);
}
