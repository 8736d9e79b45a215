import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ForbiddenError, UnauthenticatedError } from '#libs/common/errors';
import { requireMayTry, ruleOfRoute } from '#libs/policy/policy';
import { isOpen } from './access.js';
import { requestOf } from './api-request.js';
import type { ApiRequest } from './api-request.js';

/**
 * Asks the policy for the route's rule before its controller is called, and refuses callers whom the rule allows on no
 * target at all. Services ask again with the target. A route without a rule is refused to everybody.
 */
@Injectable()
export class PolicyGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /** Throws ForbiddenError. */
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http' || isOpen(this.reflector, context)) return true;
    const request = requestOf(context);
    if (!request.caller) throw new UnauthenticatedError();
    const route = routeOf(request);
    const rule = ruleOfRoute(route, keyOf(request.body));
    if (!rule) throw new ForbiddenError(`No rule allows ${route}.`);
    requireMayTry(request.caller, rule);
    return true;
  }
}

/** The route as the policy's tables and the OpenAPI document write it. Express answers HEAD by GET. */
function routeOf({ method, route }: ApiRequest): string {
  const { path } = route as { path: string };
  return `${method === 'HEAD' ? 'GET' : method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;
}

/** The one key of a body that names an action. */
function keyOf(body: unknown): string | undefined {
  const keys = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  return keys.length === 1 ? keys[0] : undefined;
}
