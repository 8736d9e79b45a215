import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { ConflictError, DomainError, InvalidInputError, NotFoundError, UnavailableError } from '#libs/common/errors';

/**
 * The agent keeps a newer epoch of the instance than the call names: the caller acts for an owner that is no longer it
 * (invariant 2).
 */
export class StaleEpochError extends ConflictError {}

/** The agent refused: the instance, image or host is in a state that does not allow the call. */
export class AgentRefusedError extends ConflictError {}

/** The agent tried and failed; the message says why. */
export class AgentFailedError extends DomainError {}

/** The agent is of a release that has no such call. */
export class AgentTooOldError extends AgentFailedError {}

/**
 * The domain error for the gRPC status of an agent's answer. UNAVAILABLE and DEADLINE_EXCEEDED may pass by themselves:
 * UnavailableError.
 */
export function fromAgent(host: string, method: string, error: ServiceError): DomainError {
  const found = errorOf(host, method, error);
  found.publicMessage =
    found instanceof UnavailableError
      ? 'The host does not answer now. Please try again.'
      : 'The host refused. An administrator can see why.';
  return found;
}

function errorOf(host: string, method: string, error: ServiceError): DomainError {
  const reason = `${error.details || error.message}`;
  const message = `Host ${host}: ${reason}`;
  switch (error.code) {
    case status.UNAVAILABLE:
    case status.DEADLINE_EXCEEDED:
    case status.RESOURCE_EXHAUSTED:
    case status.ABORTED:
      return new UnavailableError(`Host ${host} does not answer ${method}: ${reason}`);
    case status.CANCELLED:
      return new UnavailableError(`Call ${method} of host ${host} was cancelled.`);
    case status.NOT_FOUND:
      return new NotFoundError(`On host ${host}:`, reason);
    case status.INVALID_ARGUMENT:
      return new InvalidInputError(method, message);
    case status.FAILED_PRECONDITION:
      return reason.includes('STALE_EPOCH') ? new StaleEpochError(message) : new AgentRefusedError(message);
    case status.UNIMPLEMENTED:
      return new AgentTooOldError(message);
    default:
      return new AgentFailedError(message);
  }
}
