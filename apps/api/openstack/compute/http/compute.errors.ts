import { Catch } from '@nestjs/common';
import { ErrorFilter } from '#apps/api/http/error.filter';
import type { ErrorAnswer } from '#apps/api/http/error.filter';
import { DomainError } from '#libs/common/errors';
import { MarkerNotFoundError } from '#libs/database/keyset';
import {
  FlavorTooSmallError,
  IdRangeError,
  ImageNotReadyError,
  InstanceCountError,
  NicForManyError,
  NoResourcesError,
  PlacementRequestError,
  UnusableReferenceError,
} from '#libs/compute/instances/instance.errors';
import { LimitBelowUsageError, UnknownProjectError } from '#libs/compute/quotas/quota.errors';
import {
  ComputeHostNotFoundError,
  MigrationNotFoundError,
  MigrationStateError,
  NotResizedError,
} from '#libs/mobility/migrations/move.errors';
import { BadRequestError } from './bad-request.error.js';
import { novaFields, novaWords } from './compute-words.js';
import { MalformedMicroversionError, UnsupportedMicroversionError } from './microversion.js';

/** The request asks for something that LXStack will never have (501). */
export class NotImplementedError extends DomainError {}

type Status = [abstract new (...args: never[]) => Error, number];

/** The statuses in which this face differs from the common table. */
const statuses: Status[] = [
  [BadRequestError, 400],
  [MarkerNotFoundError, 400],
  ...[FlavorTooSmallError, IdRangeError, ImageNotReadyError, InstanceCountError, NicForManyError].map(
    (type): Status => [type, 400],
  ),
  [NoResourcesError, 400],
  [PlacementRequestError, 400],
  [UnusableReferenceError, 400],
  [NotResizedError, 400],
  [UnknownProjectError, 400],
  [LimitBelowUsageError, 400],
  [ComputeHostNotFoundError, 400],
  [MigrationNotFoundError, 400],
  [MigrationStateError, 400],
  [MalformedMicroversionError, 400],
  [UnsupportedMicroversionError, 406],
  [NotImplementedError, 501],
];

/** Nova: _fault_names of api/openstack/wsgi.py; other statuses are `computeFault`. */
const faultNames: Readonly<Record<number, string>> = {
  400: 'badRequest',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};

/** Nova's bodies: `{"badRequest": {"code": 400, "message": …}}`. */
export function renderFault(status: number, message: string): ErrorAnswer {
  if (status !== 401) return { status, body: { [faultNames[status] ?? 'computeFault']: { code: status, message } } };
  // OpenStack's Keystone middleware, not Nova, answers 401.
  return {
    status,
    body: { error: { code: 401, title: 'Unauthorized', message } },
    headers: { 'WWW-Authenticate': 'Keystone' },
  };
}

/** Answers errors as Nova does: one key that names the status, code and message in it. */
@Catch()
export class ComputeErrorFilter extends ErrorFilter {
  protected override readonly fieldNames = novaFields;

  protected override statusOf(error: unknown): number {
    return statuses.find(([type]) => error instanceof type)?.[1] ?? super.statusOf(error);
  }

  protected override render(status: number, message: string, error: unknown): ErrorAnswer {
    return renderFault(status, novaWords(error, message) ?? message);
  }
}
