import type { NextFunction, Request, Response } from 'express';
import { computePath } from './compute-path.js';

const WITH_PROJECT = /^\/compute\/v2\.1\/([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})(?=[/?]|$)/;

/**
 * Nova API: /v2.1/{project_id}/… is the same as /v2.1/…, as older clients and catalogs write it; the token must be of
 * that project. It runs as Express middleware, because it must change the path before Nest looks up the route.
 */
export function stripProject(
  request: Request & { pathProjectId?: string },
  _response: Response,
  next: NextFunction,
): void {
  const match = WITH_PROJECT.exec(request.url);
  if (match) {
    request.pathProjectId = match[1];
    request.url = `${computePath}${request.url.slice(match[0].length)}`;
  }
  next();
}
