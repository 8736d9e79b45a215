import { ConflictError } from '#libs/common/errors';

/** A newer epoch is known: the caller's order is over (invariant 2). */
export class StaleEpochError extends ConflictError {
  constructor(instanceId: string, given: number, kept: number) {
    super(`STALE_EPOCH: instance ${instanceId} is at epoch ${kept}, the call is of epoch ${given}`);
  }
}

/** The epoch to keep from now on; throws StaleEpochError where `given` is older than `kept`. */
export function nextEpoch(instanceId: string, given: number, kept: number): number {
  if (given < kept) throw new StaleEpochError(instanceId, given, kept);
  return given;
}
