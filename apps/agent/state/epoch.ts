import { ConflictError } from '#libs/common/errors';

/** This host knows a newer epoch: the caller acts for an owner that is no longer it (invariant 2). */
export class StaleEpochError extends ConflictError {
  constructor(instanceId: string, given: number, kept: number) {
    super(`STALE_EPOCH: instance ${instanceId} is at epoch ${kept}, the call is of epoch ${given}`);
  }
}

/** The epoch to keep from now on. Throws StaleEpochError where `given` is older than `kept`. */
export function nextEpoch(instanceId: string, given: number, kept: number): number {
  if (given < kept) throw new StaleEpochError(instanceId, given, kept);
  return given;
}
