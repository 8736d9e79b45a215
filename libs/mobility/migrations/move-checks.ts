import type { Host } from '#libs/fleet/hosts/host.entity';
import { blocksCpu } from './cpu-features.js';
import { MoveRefusedError } from './move.errors.js';

/** How the host keeps root file systems; empty where its agent has not published it. */
export function storageDriverOf({ facts }: Pick<Host, 'facts'>): string {
  return typeof facts.storageDriver === 'string' ? facts.storageDriver : '';
}

/** True where hosts with the same driver see the same disks; the driver's name then names the pool. */
export const sharesDisks = (host: Pick<Host, 'facts'>): boolean => storageDriverOf(host).startsWith('shared:');

/**
 * Reasons why the target cannot receive the source's disk: the source sends it in the form of its own storage driver.
 */
export function blocksDisk(source: Pick<Host, 'name' | 'facts'>, target: Pick<Host, 'name' | 'facts'>): string[] {
  const [from, to] = [storageDriverOf(source), storageDriverOf(target)];
  if (from === to) return [];
  const words = (host: string, driver: string) => `${host} stores it with ${driver || 'an unknown driver'}`;
  return [`The disk cannot be moved: host ${words(source.name, from)}, host ${words(target.name, to)}.`];
}

/** Throws MoveRefusedError where the caller of an evacuation says wrongly whether the disk is shared. */
export function requireSharing(instanceId: string, source: Pick<Host, 'facts'>, asked: boolean | undefined): void {
  const shared = sharesDisks(source);
  if (asked === undefined || asked === shared) return;
  throw new MoveRefusedError('shared_storage', [
    shared
      ? `The disk of instance ${instanceId} is on shared storage: it comes along.`
      : `The disk of instance ${instanceId} is on no shared storage: it can only be built anew from its image.`,
  ]);
}

/** Throws MoveRefusedError where the target cannot receive the source's disk. */
export function requireSameStorage(source: Host, target: Host): void {
  const reasons = blocksDisk(source, target);
  if (reasons.length) throw new MoveRefusedError('host', reasons);
}

/** Throws MoveRefusedError where a running program might miss instructions on the target. */
export function requireCpu(source: Host, target: Host): void {
  const reasons = blocksCpu(source, target);
  if (reasons.length) throw new MoveRefusedError('host', reasons);
}

/** Throws MoveRefusedError where the host's agent has not published the capability. */
export function requireCapability(host: Host, name: string): void {
  const found = host.capabilities.find((capability) => capability.name === name);
  if (found?.present) return;
  throw new MoveRefusedError('host', [
    `Host ${host.name} cannot ${name}: ${found?.detail ?? 'its agent has not said so'}.`,
  ]);
}
