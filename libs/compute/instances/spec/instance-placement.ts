import { requireAllowed } from '#libs/policy/policy';
import type { Caller } from '#libs/common/caller';
import type { NewInstance } from '../create/new-instance.js';
import { PlacementRequestError } from '../instance.errors.js';

/** Where an instance is to go, as far as the caller says. */
export interface Placement {
  zone: string | null;
  /** By `zone:host`: no filter is asked. */
  forcedHost: string | null;
  /** By `host` (2.74): the only candidate, filters are asked. */
  requestedHost: string | null;
}

/** Nova: parse_availability_zone. Throws ForbiddenError where a host is named by who may not, PlacementRequestError. */
export function placementOf(
  caller: Caller,
  wanted: Pick<NewInstance, 'availabilityZone' | 'requestedHost'>,
): Placement {
  const [zone = '', host, node, ...rest] = (wanted.availabilityZone ?? '').split(':');
  if (rest.length) throw new PlacementRequestError('form');
  // Nova takes `zone::node` too: the node is the host here.
  const forcedHost = host || node || null;
  if (forcedHost || wanted.requestedHost)
    requireAllowed(caller, 'os_compute_api:servers:create:forced_host', { project_id: caller.projectId });
  if (forcedHost && wanted.requestedHost) throw new PlacementRequestError('two hosts');
  return { zone: zone || null, forcedHost, requestedHost: wanted.requestedHost };
}
