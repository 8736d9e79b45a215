import { requireAllowed } from '#libs/policy/policy';
import type { Caller } from '#libs/common/caller';
import type { NewInstance } from '../create/new-instance.js';
import { PlacementRequestError } from '../instance.errors.js';

/** Where the caller wants the instance to run. */
export interface Placement {
  zone: string | null;
  /** Named by `zone:host`: filters are not asked. */
  forcedHost: string | null;
  /** Named by `host` (2.74): the only candidate, and filters are asked. */
  requestedHost: string | null;
}

/**
 * Nova: parse_availability_zone. Throws ForbiddenError where the caller names a host and may not,
 * PlacementRequestError.
 */
export function placementOf(
  caller: Caller,
  wanted: Pick<NewInstance, 'availabilityZone' | 'requestedHost'>,
): Placement {
  const [zone = '', host, node, ...rest] = (wanted.availabilityZone ?? '').split(':');
  if (rest.length) throw new PlacementRequestError('form');
  // Nova also takes `zone::node`; a node and its host are one here.
  const forcedHost = host || node || null;
  if (forcedHost || wanted.requestedHost)
    requireAllowed(caller, 'os_compute_api:servers:create:forced_host', { project_id: caller.projectId });
  if (forcedHost && wanted.requestedHost) throw new PlacementRequestError('two hosts');
  return { zone: zone || null, forcedHost, requestedHost: wanted.requestedHost };
}
