import type { NewOperation } from '#libs/operations/operations.service';

/** The operation that brings a host which is back up to date: what moved meanwhile, and what it has lost. */
export function resyncOf(hostId: string): NewOperation {
  return { kind: 'host.resync', queue: 'maintenance', resourceType: 'host', resourceId: hostId, by: null, input: {} };
}
