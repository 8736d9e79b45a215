import { Injectable } from '@nestjs/common';
import { UnauthenticatedError } from '#libs/common/errors';
import { Tokens } from '#libs/identity/tokens/tokens.service';
import type { ApiRequest } from './api-request.js';

/**
 * The authenticator of OpenStack's faces and of the fleet's: X-Auth-Token tells the caller. Other faces may have their
 * own.
 */
@Injectable()
export class KeystoneToken {
  constructor(private readonly tokens: Tokens) {}

  /** Sets the request's caller and principal. Throws UnauthenticatedError. */
  async authenticate(request: ApiRequest): Promise<void> {
    const token = request.get('X-Auth-Token');
    if (!token) throw new UnauthenticatedError();
    const principal = await this.tokens.validate(token);
    const { userId, projectId, roles, isAdmin, domainId, system, userDomainId, projectDomainId } = principal;
    const scope = { domainId, system, userDomainId, projectDomainId };
    request.principal = principal;
    request.caller = { userId, projectId, roles, isAdmin, ...scope, requestId: request.requestId };
  }
}
