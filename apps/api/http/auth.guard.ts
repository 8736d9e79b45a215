import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ForbiddenError, UnauthenticatedError } from '#libs/common/errors';
import { requireRole } from '#libs/identity/principal';
import { Tokens } from '#libs/identity/tokens/tokens.service';
import { ACCESS } from './access.js';
import type { Access } from './access.js';
import { requestOf } from './api-request.js';

/**
 * Every route of every face: X-Auth-Token becomes `request.caller`. Routes marked @Open() are let through. Within a
 * project the roles are OpenStack's defaults: readers read, members change; what is for admins the services say.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: Tokens,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'open') return true;
    const request = requestOf(context);
    const token = request.get('X-Auth-Token');
    if (!token) throw new UnauthenticatedError();
    const principal = await this.tokens.validate(token);
    if (access !== 'any-scope' && !principal.project) throw new ForbiddenError('The token is not scoped to a project.');
    const reads = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if (access !== 'any-scope')
      requireRole(principal, reads ? 'reader' : 'member', `${request.method} ${request.path}`);
    const { userId, projectId, roles, isAdmin } = principal;
    request.principal = principal;
    request.caller = { userId, projectId, roles, isAdmin, requestId: request.requestId };
    return true;
  }
}
