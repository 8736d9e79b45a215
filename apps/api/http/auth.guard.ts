import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { isOpen } from './access.js';
import { requestOf } from './api-request.js';
import { KeystoneToken } from './keystone-token.js';

/** Authenticates the caller of every route that is not marked @Open(), and sets `request.caller`. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: KeystoneToken,
  ) {}

  /** Throws UnauthenticatedError. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() === 'http' && !isOpen(this.reflector, context))
      await this.authenticator.authenticate(requestOf(context));
    return true;
  }
}
