import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { InvalidInputError } from '#libs/common/errors';
import { pathOf } from '../api-request.js';
import { isFile, isJson } from './json-parser.js';
import { isSoundText, requireSoundBody } from './sound-json.js';

const MAX_QUERY_FIELDS = 200;

/**
 * Middleware after the body parser: refuses a path, query or body on which a route, PostgreSQL or a library would
 * break. Throws InvalidInputError, UnsupportedMediaTypeException.
 */
export function soundRequest(request: Request, _response: Response, next: NextFunction): void {
  requireSoundPath(pathOf(request));
  requireSoundQuery(request.query);
  if (hasBody(request) && !isFile(request)) {
    if (!isJson(request)) throw new UnsupportedMediaTypeException('Content-Type: application/json is expected.');
    requireSoundBody(request.body);
  }
  next();
}

function requireSoundPath(path: string): void {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw new InvalidInputError('path', 'percent-encoded UTF-8');
  }
  if (!isSoundText(decoded)) throw new InvalidInputError('path', 'Unicode text without U+0000');
}

function requireSoundQuery(query: Request['query']): void {
  const fields = Object.entries(query);
  if (fields.length > MAX_QUERY_FIELDS) throw new InvalidInputError('query', `at most ${MAX_QUERY_FIELDS} fields`);
  for (const [field, value] of fields) {
    const texts: unknown[] = [field, ...(Array.isArray(value) ? value : [value])];
    if (!texts.every((text) => typeof text === 'string' && isSoundText(text)))
      throw new InvalidInputError(isSoundText(field) ? field : 'query', 'Unicode text without U+0000');
  }
}

const hasBody = (request: Request): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
