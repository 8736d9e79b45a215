import type { PowerState, VmState } from '../instance.entity.js';

/** `operations.resource_type` of every operation in this file; `resource_id` is the instance's id. */
export const INSTANCE = 'instance';

/** The states in which an operation found the instance; a failed operation sets them again. */
export interface Before {
  vmState: VmState;
  powerState: PowerState;
}

/** `instance.create`. All else that the workflow needs stands in the instance's row and its ports. */
export interface CreateInstanceInput {
  /** Host named by `zone:host`: filters are not asked, only the claim is made (Nova: force_hosts). */
  forcedHost: string | null;
  /** Host named by `host` or `hypervisor_hostname` (2.74): the only candidate, and filters are asked. */
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

/**
 * `instance.rebuild`. The row's image_id is the new image already; `start` is false where the instance was stopped.
 */
export interface RebuildInput {
  before: Before;
  imageId: string;
  previousImageId: string | null;
  start: boolean;
}

/** `instance.delete`. Ports that were made for the instance are deleted with it, other ports are unplugged. */
export interface DeleteInstanceInput {
  before: Before;
  force: boolean;
}
