import type { NextFunction, Response } from 'express';
import { newRequestId } from '#libs/common/ids';
import type { ApiRequest } from './api-request.js';

const FOREIGN_ID = /^req-[0-9a-f-]{36}$/;

/** Gives each request its id and tells it in every answer. One of another service (X-Openstack-Request-Id) is kept. */
export function requestId(request: ApiRequest, response: Response, next: NextFunction): void {
  const given = request.get('X-OpenStack-Request-ID') ?? '';
  request.requestId = FOREIGN_ID.test(given) ? given : newRequestId();
  response.setHeader('x-openstack-request-id', request.requestId);
  if (request.originalUrl.startsWith('/compute')) response.setHeader('x-compute-request-id', request.requestId);
  next();
}
