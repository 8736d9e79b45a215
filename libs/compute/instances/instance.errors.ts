import { ConflictError, DomainError } from '#libs/common/errors';

/** A workflow wanted a transition that the instance's present state no longer allows: it was deleted or reset meanwhile. */
export class InstanceTransitionLostError extends ConflictError {
  constructor(
    readonly instanceId: string,
    readonly transition: string,
    readonly state: string,
  ) {
    super(`Instance ${instanceId} cannot be ${transition} any more: it is ${state}.`);
  }
}

/** The flavor is too small for the image (Nova: FlavorMemoryTooSmall, FlavorDiskSmallerThanMinDisk). */
export class FlavorTooSmallError extends DomainError {}

/** The request names things that do not go together or do not exist; Nova answers 400, not 404. */
export class BadRequestError extends DomainError {}
