import { status } from '@grpc/grpc-js';
import type { ServerErrorResponse } from '@grpc/grpc-js';
import {
  ConflictError,
  ForbiddenError,
  InvalidInputError,
  messageOf,
  NotFoundError,
  UnauthenticatedError,
  UnavailableError,
} from '#libs/common/errors';
import { isDatabaseAway } from '#libs/database/transient-errors';

/** The gRPC status and message for a domain error. */
export function toGrpc(error: unknown): Partial<ServerErrorResponse> & { code: status; details: string } {
  return { code: codeOf(error), details: messageOf(error) };
}

function codeOf(error: unknown): status {
  if (error instanceof NotFoundError) return status.NOT_FOUND;
  if (error instanceof InvalidInputError) return status.INVALID_ARGUMENT;
  if (error instanceof ConflictError) return status.FAILED_PRECONDITION;
  if (error instanceof UnauthenticatedError) return status.UNAUTHENTICATED;
  if (error instanceof ForbiddenError) return status.PERMISSION_DENIED;
  if (error instanceof UnavailableError || isDatabaseAway(error)) return status.UNAVAILABLE;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : status.INTERNAL;
}
