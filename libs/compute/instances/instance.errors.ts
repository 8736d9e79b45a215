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

/** What a new instance is to be made of is not there, or not for the caller. `kind`: image, flavor, host, key pair, … */
export class UnusableReferenceError extends DomainError {
  constructor(
    readonly kind: string,
    readonly id: string,
    /** Whose it would have to be, where that was looked for. */
    readonly projectId?: string,
  ) {
    super(`${kind} ${id} could not be found.`);
  }
}

/** An image without data (yet) makes no instance. */
export class ImageNotReadyError extends DomainError {
  constructor(
    readonly imageId: string,
    readonly status: string,
  ) {
    super(`Image ${imageId} is ${status}.`);
  }
}

/** At least `least` instances are asked for, and at most fewer. */
export class InstanceCountError extends DomainError {
  constructor(
    readonly least: number,
    readonly most: number,
  ) {
    super(`At least ${least} and at most ${most} instances cannot be made.`);
  }
}

/** A port or address that is named goes to one instance only. */
export class NicForManyError extends DomainError {
  constructor(readonly count: number) {
    super(`A port or address cannot be given to ${count} instances.`);
  }
}

/** Where an instance is to go is said in no known form, or twice. */
export class PlacementRequestError extends DomainError {
  constructor(readonly problem: 'form' | 'two hosts') {
    super(problem === 'form' ? 'The place is none of zone, zone:host, zone:host:node.' : 'Two hosts are named.');
  }
}

/** No host may run what the flavor asks for: an operator has allowed `need` nowhere. */
export class NotAllowedOnAnyHostError extends ForbiddenError {
  constructor(readonly need: string) {
    super(`${need} is allowed on no host.`);
  }
}

/** The range of ids that the flavor asks for cannot be had. */
export class IdRangeError extends DomainError {
  constructor(
    readonly key: string,
    readonly expected: string,
  ) {
    super(`security.idmap.${key} must be ${expected}.`);
  }
}

/** Neither a flavor nor resources are given. */
export class NoResourcesError extends DomainError {
  constructor() {
    super('An instance without a flavor needs resources.');
  }
}
