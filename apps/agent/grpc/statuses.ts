import { status } from '@grpc/grpc-js';
import type { StatusObject } from '@grpc/grpc-js';
import { ConflictError, InvalidInputError, NotFoundError, UnavailableError, messageOf } from '#libs/common/errors';

/** The gRPC status of a domain error; every other error is INTERNAL, with its message. */
export function statusOf(error: unknown): Pick<StatusObject, 'code' | 'details'> {
  const details = messageOf(error);
  if (error instanceof InvalidInputError) return { code: status.INVALID_ARGUMENT, details };
  if (error instanceof NotFoundError) return { code: status.NOT_FOUND, details };
  if (error instanceof ConflictError) return { code: status.FAILED_PRECONDITION, details };
  // The control plane, from which the agent fetches images, does not answer now: the caller may try again.
  if (error instanceof UnavailableError || isTransient(error)) return { code: status.UNAVAILABLE, details };
  return { code: status.INTERNAL, details };
}

/** Whether the error is that of a call to the control plane that was cut off or timed out. */
function isTransient(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED || code === status.CANCELLED;
}
