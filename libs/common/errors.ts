/**
 * The errors of the domain: one class per way to fail, with its data. Each face maps them to its own bodies in one file
 * (`*.errors.ts` of the face); nothing in libs/ knows an HTTP status.
 */
export abstract class DomainError extends Error {
  /**
   * Told instead of `message` to callers who may not know of hosts, where `message` names one (Nova: OSSA-2019-003).
   */
  declare publicMessage?: string;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** No resource of this kind has this id, or the caller may not know of it. */
export class NotFoundError extends DomainError {
  constructor(
    readonly resource: string,
    readonly id: string,
  ) {
    super(`${resource} ${id} could not be found.`);
  }
}

/** The request is malformed. `field` names what is wrong, `expected` says what it should be. */
export class InvalidInputError extends DomainError {
  constructor(
    readonly field: string,
    readonly expected: string,
  ) {
    super(`Invalid input for field/attribute ${field}: expected ${expected}.`);
  }
}

/** The resource is in a state that does not allow the request now. */
export class ConflictError extends DomainError {}

/** Another resource of this kind, where names may not repeat, has the name. */
export class NameTakenError extends ConflictError {
  constructor(
    readonly kind: string,
    readonly taken: string,
  ) {
    super(`Another ${kind} is named ${taken}.`);
  }
}

/** The instance is in a state that does not allow the action. */
export class InstanceStateError extends ConflictError {
  constructor(
    readonly instanceId: string,
    /** As the tables of instance states name it; each face has its own word for it. */
    readonly action: string,
    readonly attribute: 'vm_state' | 'task_state' | 'power_state',
    /** Null: no task runs. */
    readonly state: string | null,
  ) {
    super(`Instance ${instanceId} does not allow ${action} while its ${attribute} is ${state ?? 'empty'}.`);
  }
}

/** The caller's identity could not be established. */
export class UnauthenticatedError extends DomainError {
  constructor(message = 'The request you have made requires authentication.') {
    super(message);
  }
}

/** The caller is known and may not do this. */
export class ForbiddenError extends DomainError {}

/** The project's quota does not allow the request. */
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

/** The caller asks too often; it may try again after `retryAfterSeconds`. */
export class TooManyRequestsError extends DomainError {
  constructor(
    message: string,
    readonly retryAfterSeconds: number,
  ) {
    super(`${message} Please try again in ${retryAfterSeconds} s.`);
  }
}

/** A host, the database or the queue does not answer now; another attempt may succeed. */
export class UnavailableError extends DomainError {}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
