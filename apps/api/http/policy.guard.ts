import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ForbiddenError, UnauthenticatedError } from '#libs/common/errors';
import { requireMayTry, ruleOfRoute } from '#libs/policy/policy';
import { isOpen } from './access.js';
import { requestOf } from './api-request.js';
import type { ApiRequest } from './api-request.js';

/**
 * Asks the policy for the route's rule before its controller is called: whoever may do it to nothing at all ends here.
 * Whether it may be done to the thing that is meant, services ask. A route without a rule is nobody's.
 */
@Injectable()
export class PolicyGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

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

/** As the tables and the OpenAPI document write it. Express answers HEAD by GET. */
function routeOf({ method, route }: ApiRequest): string {
  const { path } = route as { path: string };
  return `${method === 'HEAD' ? 'GET' : method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;
}

/** The one key of a body, which names an action. */
function keyOf(body: unknown): string | undefined {
  const keys = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  return keys.length === 1 ? keys[0] : undefined;
}
