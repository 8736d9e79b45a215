import { HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import {
  ConflictError,
  DomainError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  QuotaExceededError,
  TooManyRequestsError,
  UnauthenticatedError,
  UnavailableError,
} from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { readsFailures } from '#libs/operations/public-failure';
import { isDatabaseAway, isDataException } from '#libs/database/transient-errors';
import { pathOf } from './api-request.js';
import type { ApiRequest } from './api-request.js';

export interface ErrorAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

const log = createLogger('api');

/**
 * Turns what a route throws into an answer. Each face has one subclass, in its `*.errors.ts`: it makes the body's form
 * and maps the statuses in which the face differs. Controllers name it by @UseFilters.
 */
export abstract class ErrorFilter implements ExceptionFilter {
  /** Answers the request with the error; logs it where the fault is ours. */
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, response] = [http.getRequest<ApiRequest>(), http.getResponse<Response>()];
    if (request.destroyed && !request.complete) {
      log.info({ requestId: request.requestId, path: pathOf(request) }, 'the client hung up');
      return;
    }
    const status = this.statusOf(error);
    // PostgreSQL has refused a value that the face should have refused by its field: the log shows the gap.
    const unchecked = isDataException(error);
    const known = !unchecked && (status < 500 || error instanceof DomainError);
    if (!known)
      log.error({ err: error, requestId: request.requestId, method: request.method, path: pathOf(request) }, 'failed');
    if (response.headersSent) return void response.destroy();
    const answer = this.render(status, known ? this.wordsFor(error, request) : unknownMessage(status), error);
    if (error instanceof TooManyRequestsError) response.setHeader('Retry-After', String(error.retryAfterSeconds));
    if (status === 503) response.setHeader('Retry-After', '1');
    response
      .status(answer.status)
      .set(answer.headers ?? {})
      .send(answer.body);
  }

  /** HTTP status of an error. A face overrides it for its own errors and calls this for the others. */
  protected statusOf(error: unknown): number {
    if (error instanceof NotFoundError) return 404;
    if (error instanceof InvalidInputError) return 400;
    if (error instanceof QuotaExceededError) return 403;
    if (error instanceof ConflictError) return 409;
    if (error instanceof UnauthenticatedError) return 401;
    if (error instanceof ForbiddenError) return 403;
    if (error instanceof TooManyRequestsError) return 429;
    if (error instanceof UnavailableError || isDatabaseAway(error)) return 503;
    if (error instanceof HttpException) return error.getStatus();
    if (isDataException(error)) return 400;
    return 500;
  }

  /** How this face calls a field that the domain names otherwise, by the first part of its path. */
  protected readonly fieldNames: Readonly<Record<string, string>> = {};

  /** The domain's own words for a wrong input, with the field as this face's clients know it. */
  private wordsFor(error: unknown, request: ApiRequest): string {
    if (!(error instanceof InvalidInputError) || error.constructor !== InvalidInputError)
      return messageFor(error, request);
    const [head = '', ...rest] = error.field.split('.');
    const known = Object.hasOwn(this.fieldNames, head) ? this.fieldNames[head]! : head;
    return new InvalidInputError([known, ...rest].join('.'), error.expected).message;
  }

  protected abstract render(status: number, message: string, error: unknown): ErrorAnswer;
}

/** Only administrators read a message that names a host. */
function messageFor(error: unknown, { caller }: ApiRequest): string {
  const open = error instanceof DomainError ? error.publicMessage : undefined;
  if (open !== undefined && !(caller && readsFailures(caller))) return open;
  return error instanceof Error ? error.message : 'The request failed.';
}

function unknownMessage(status: number): string {
  if (status === 400) return 'The request holds a value that the database cannot store, compare or index.';
  return status === 503
    ? 'The database does not answer now. Please try again.'
    : 'Unexpected API Error. The request id in this answer names it in the log.';
}
