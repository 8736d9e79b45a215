import type { IncomingMessage } from 'node:http';
import { json } from 'express';

/** JSON in its several names; Glance's patches are one of them. */
const JSON_TYPE = /^application\/([\w.+-]*[+-])?json\b/i;

/** What is sent to these is a file, whatever its type. */
const FILES = /^\/image\/v2\/images\/[^/]+\/file(?=[?]|$)/;

/** A body of this request is JSON, if it has one. */
export const isJson = (request: IncomingMessage): boolean => JSON_TYPE.test(request.headers['content-type'] ?? '');

export const isFile = (request: { url?: string; originalUrl?: string }): boolean =>
  FILES.test(request.originalUrl ?? request.url ?? '');

/** Middleware: `request.body`, of at most 1 MiB; undefined where there is none or it is no JSON. */
export const parseJson = json({ type: (request) => isJson(request) && !isFile(request), limit: '1mb' });
