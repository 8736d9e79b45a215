import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Caller } from '#libs/common/caller';
import { publicUrl } from '#apps/api/http/public-url';
import type { Query } from '#apps/api/http/query/query';
import { requestOf } from '#apps/api/http/api-request';
import { UnauthenticatedError } from '#libs/common/errors';
import { BadRequestError } from './bad-request.error.js';
import { computePath } from './compute-path.js';
import { negotiate } from './microversion.js';
import type { Microversion } from './microversion.js';

/** What every route of this face reads from its request. */
export interface ComputeRequest {
  caller: Caller;
  version: Microversion;
  /** The public endpoint: `https://…/compute/v2.1`. */
  base: string;
  /** The route's own public URL without its query, for paging links. */
  url: string;
  query: Query;
}

/** The public endpoint, from LXSTACK_PUBLIC_URL. */
export const publicBase = (): string => `${publicUrl()}${computePath}`;

/** The microversion that the request's headers ask for. Throws as `negotiate`. */
export function microversionOf(request: Request): Microversion {
  return negotiate(request.get('OpenStack-API-Version'), request.get('X-OpenStack-Nova-API-Version'));
}

/** Parameter decorator: caller, microversion, query and addresses of the request. */
export const Compute = createParamDecorator((_: unknown, context: ExecutionContext): ComputeRequest => {
  const request = requestOf(context);
  const { caller } = request;
  if (!caller) throw new UnauthenticatedError();
  const { pathProjectId } = request as { pathProjectId?: string };
  if (pathProjectId !== undefined && pathProjectId !== caller.projectId)
    throw new BadRequestError('Malformed request URL: URL project_id does not match Context project_id');
  const base = publicBase();
  return {
    caller,
    version: microversionOf(request),
    base,
    url: `${base}${request.path.slice(request.path.indexOf(computePath) + computePath.length)}`,
    query: request.query as Query,
  };
});
