import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Caller } from '#libs/common/caller';
import { UnauthenticatedError } from '#libs/common/errors';
import type { Principal } from '#libs/identity/principal';

/** What the middleware and the guard add to a request. */
export interface ApiRequest extends Request {
  requestId: string;
  caller?: Caller;
  principal?: Principal;
}

/**
 * The path as the client wrote it. Express' `path` is, within a middleware, only what follows the middleware's own
 * path.
 */
export const pathOf = ({ originalUrl }: Request): string => originalUrl.split('?', 1)[0]!;

/** The request of a guard's or decorator's context. */
export function requestOf(context: ExecutionContext): ApiRequest {
  return context.switchToHttp().getRequest<ApiRequest>();
}

/** Parameter decorator: the caller. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = requestOf(context);
  if (!caller) throw new UnauthenticatedError();
  return caller;
});

/** Parameter decorator: all that the caller's token says. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = requestOf(context);
  if (!principal) throw new UnauthenticatedError();
  return principal;
});
