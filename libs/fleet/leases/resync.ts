import type { NewOperation } from '#libs/operations/operations.service';

/** The operation that tells a host which is back what moved meanwhile and what it no longer owns. */
export function resyncOf(hostId: string): NewOperation {
  return { kind: 'host.resync', queue: 'maintenance', resourceType: 'host', resourceId: hostId, by: null, input: {} };
}
