/**
 * The domain's errors: one class per way to fail, carrying data. Each face maps classes to its own bodies in one file
 * (`*.errors.ts` of the face); nothing in libs/ knows an HTTP status.
 */
export abstract class DomainError extends Error {
  /** What is told to who may not know of hosts, where `message` names one (Nova: OSSA-2019-003). */
  declare publicMessage?: string;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Nothing of this kind has this id (or the caller may not know of it). */
export class NotFoundError extends DomainError {
  constructor(
    readonly resource: string,
    readonly id: string,
  ) {
    super(`${resource} ${id} could not be found.`);
  }
}

/** The request is malformed; `field` names what is wrong and `expected` what was wanted. */
export class InvalidInputError extends DomainError {
  constructor(
    readonly field: string,
    readonly expected: string,
  ) {
    super(`Invalid input for field/attribute ${field}: expected ${expected}.`);
  }
}

/** The resource is in a state that does not allow this (now). */
export class ConflictError extends DomainError {}

/** The instance is in a state that does not allow the action. */
export class InstanceStateError extends ConflictError {
  constructor(
    readonly instanceId: string,
    readonly action: string,
    readonly attribute: 'vm_state' | 'task_state' | 'power_state',
    readonly state: string,
  ) {
    super(`Cannot '${action}' instance ${instanceId} while it is in ${attribute} ${state}`);
  }
}

/** Who asks could not be established. */
export class UnauthenticatedError extends DomainError {
  constructor(message = 'The request you have made requires authentication.') {
    super(message);
  }
}

/** Who asks is known and may not. */
export class ForbiddenError extends DomainError {}

/** A project's quota does not allow it. */
export class QuotaExceededError extends DomainError {
  constructor(
    readonly resource: string,
    readonly requested: number,
    readonly used: number,
    readonly limit: number,
  ) {
    super(`Quota exceeded for ${resource}: Requested ${requested}, but already used ${used} of ${limit} ${resource}`);
  }
}

/** Asked too often: another try may succeed after `retryAfterSeconds`. */
export class TooManyRequestsError extends DomainError {
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(`${message} Please try again in ${retryAfterSeconds} s.`);
  }
}

/** Something we depend on (host, database, queue) does not answer now; another try may succeed. */
export class UnavailableError extends DomainError {}

/** An error's message, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
