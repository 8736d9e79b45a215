import type { IncomingMessage } from 'node:http';
import { json } from 'express';

/** JSON under all its media types, such as Glance's patches. */
const JSON_TYPE = /^application\/([\w.+-]*[+-])?json\b/i;

/** Paths whose body is a file, whatever its media type. */
const FILES = /^\/image\/v2\/images\/[^/]+\/file(?=[?]|$)/;

/** Whether a body of this request would be JSON. */
export const isJson = (request: IncomingMessage): boolean => JSON_TYPE.test(request.headers['content-type'] ?? '');

/** Whether a body of this request is a file. */
export const isFile = (request: { url?: string; originalUrl?: string }): boolean =>
  FILES.test(request.originalUrl ?? request.url ?? '');

/**
 * Middleware: parses a JSON body of at most 1 MiB into `request.body`; undefined where there is none, or it is no JSON.
 */
export const parseJson = json({ type: (request) => isJson(request) && !isFile(request), limit: '1mb' });
