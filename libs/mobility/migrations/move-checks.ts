import type { EntityManager } from 'typeorm';
import type { Host } from '#libs/fleet/hosts/host.entity';
import { blocksCpu } from './cpu-features.js';
import { MoveRefusedError } from './move.errors.js';

/** Leases are written by PostgreSQL's clock, so they are judged by it. */
export async function databaseTime(tx: EntityManager): Promise<Date> {
  const [{ now }] = await tx.query<{ now: Date }[]>('SELECT clock_timestamp() AS now');
  return now;
}

/** How the host keeps roots; empty where its agent has not said so. */
export function storageDriverOf({ facts }: Pick<Host, 'facts'>): string {
  return typeof facts.storageDriver === 'string' ? facts.storageDriver : '';
}

/** Why the disk of one host cannot be received by the other: it is sent as the source's storage driver keeps it. */
export function blocksDisk(source: Pick<Host, 'name' | 'facts'>, target: Pick<Host, 'name' | 'facts'>): string[] {
  const [from, to] = [storageDriverOf(source), storageDriverOf(target)];
  if (from === to) return [];
  const words = (host: string, driver: string) => `${host} stores it with ${driver || 'an unknown driver'}`;
  return [`The disk cannot be moved: host ${words(source.name, from)}, host ${words(target.name, to)}.`];
}

/** Throws MoveRefusedError where the target could not receive the source's disk. */
export function requireSameStorage(source: Host, target: Host): void {
  const reasons = blocksDisk(source, target);
  if (reasons.length) throw new MoveRefusedError('host', reasons);
}

/** Throws MoveRefusedError where a running program might not find its processor's instructions on the target. */
export function requireCpu(source: Host, target: Host): void {
  const reasons = blocksCpu(source, target);
  if (reasons.length) throw new MoveRefusedError('host', reasons);
}

/** Throws MoveRefusedError where the host's agent has not shown it. */
export function requireCapability(host: Host, name: string): void {
  const found = host.capabilities.find((capability) => capability.name === name);
  if (found?.present) return;
  throw new MoveRefusedError('host', [
    `Host ${host.name} cannot ${name}: ${found?.detail ?? 'its agent has not said so'}.`,
  ]);
}
