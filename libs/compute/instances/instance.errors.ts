import { ConflictError, DomainError, ForbiddenError } from '#libs/common/errors';

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

/** The flavor has less of something than the image needs; memory in MiB, disk in GiB. */
export class FlavorTooSmallError extends DomainError {
  constructor(
    readonly resource: 'memory' | 'disk',
    readonly has: number,
    readonly needs: number,
  ) {
    super(`The flavor has ${has} of ${resource} where the image needs ${needs}.`);
  }
}

/**
 * What a new instance would be made of does not exist, or the caller may not use it. `kind`: image, flavor, host, key
 * pair, …
 */
export class UnusableReferenceError extends DomainError {
  constructor(
    readonly kind: string,
    readonly id: string,
    /** The project in which it was looked for. */
    readonly projectId?: string,
  ) {
    super(`${kind} ${id} could not be found.`);
  }
}

/** The image has no data yet, so no instance can be made from it. */
export class ImageNotReadyError extends DomainError {
  constructor(
    readonly imageId: string,
    readonly status: string,
  ) {
    super(`Image ${imageId} is ${status}.`);
  }
}

/** The least count asked for is above the most. */
export class InstanceCountError extends DomainError {
  constructor(
    readonly least: number,
    readonly most: number,
  ) {
    super(`At least ${least} and at most ${most} instances cannot be made.`);
  }
}

/** A named port or address can go to one instance only, and `count` were asked for. */
export class NicForManyError extends DomainError {
  constructor(readonly count: number) {
    super(`A port or address cannot be given to ${count} instances.`);
  }
}

/** The request names the instance's host in no known form, or names two. */
export class PlacementRequestError extends DomainError {
  constructor(readonly problem: 'form' | 'two hosts') {
    super(problem === 'form' ? 'The place is none of zone, zone:host, zone:host:node.' : 'Two hosts are named.');
  }
}

/** The flavor asks for `need`, which operators have allowed on no host. */
export class NotAllowedOnAnyHostError extends ForbiddenError {
  constructor(readonly need: string) {
    super(`${need} is allowed on no host.`);
  }
}

/** The range of host ids that the configuration asks for is not available. */
export class IdRangeError extends DomainError {
  constructor(
    readonly key: string,
    readonly expected: string,
  ) {
    super(`security.idmap.${key} must be ${expected}.`);
  }
}

/** The request names neither a flavor nor resources. */
export class NoResourcesError extends DomainError {
  constructor() {
    super('An instance without a flavor needs resources.');
  }
}
