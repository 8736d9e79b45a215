import type { PowerState, VmState } from '../instance.entity.js';

/** `operations.resource_type` of everything here; resource_id is the instance's id. */
export const INSTANCE = 'instance';

/** Where an operation found the instance: what a failed one goes back to. */
export interface Before {
  vmState: VmState;
  powerState: PowerState;
}

/** `instance.create`: everything else stands in the instance's row and its ports. */
export interface CreateInstanceInput {
  /** Host asked for by `zone:host`: no filter is asked, only the claim is made (Nova: force_hosts). */
  forcedHost: string | null;
  /** Host asked for by `host` or `hypervisor_hostname` (2.74): the only candidate, filters are asked. */
  requestedHost: string | null;
}

/** `instance.start`, `instance.stop`, `instance.pause`, `instance.unpause`. */
export interface PowerInput {
  before: Before;
}

/** `instance.reboot`. */
export interface RebootInput {
  before: Before;
  hard: boolean;
}

/** `instance.rebuild`: image_id of the row is already the new one; left stopped where `start` is false. */
export interface RebuildInput {
  before: Before;
  imageId: string;
  previousImageId: string | null;
  start: boolean;
}

/** `instance.delete`. Ports made for the instance go with it, others are only unplugged. */
export interface DeleteInstanceInput {
  before: Before;
  force: boolean;
}
