import type { NextFunction, Response } from 'express';
import { newRequestId } from '#libs/common/ids';
import { createLogger } from '#libs/common/logger';
import { pathOf } from './api-request.js';
import type { ApiRequest } from './api-request.js';

const FOREIGN_ID = /^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const log = createLogger('api');

/**
 * Gives each request an id of our own and names it in every answer. A caller's X-OpenStack-Request-ID is logged and
 * echoed, so that both logs can be joined, and used for nothing else (oslo.middleware: global_request_id, which must be
 * `req-` and a UUID).
 */
export function requestId(request: ApiRequest, response: Response, next: NextFunction): void {
  request.requestId = newRequestId();
  response.setHeader('x-openstack-request-id', request.requestId);
  if (request.originalUrl.startsWith('/compute')) response.setHeader('x-compute-request-id', request.requestId);
  const globalRequestId = request.get('X-OpenStack-Request-ID');
  if (globalRequestId && FOREIGN_ID.test(globalRequestId))
    log.info(
      { requestId: request.requestId, globalRequestId, method: request.method, path: pathOf(request) },
      'request',
    );
  next();
}
