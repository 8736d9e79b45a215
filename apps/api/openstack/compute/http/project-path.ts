import type { NextFunction, Request, Response } from 'express';
import { computePath } from './compute-path.js';

const WITH_PROJECT = /^\/compute\/v2\.1\/([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})(?=[/?]|$)/;

/**
 * Nova API: /v2.1/{project_id}/… is /v2.1/… for that project. Older clients and catalogs write it so; whose token it is
 * must be of that project. Before any route is looked up, so this is no middleware of Nest's: its paths are fixed by then.
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
