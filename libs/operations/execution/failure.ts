import type { OperationFailure } from '../operation.entity.js';

/** What is kept of an error: enough for every face to render it. */
export function toFailure(step: string, error: Error): OperationFailure {
  const details = 'details' in error && Array.isArray(error.details) ? error.details.map(String) : undefined;
  return { step, message: error.message, type: error.name, ...(details?.length ? { details } : {}) };
}

/** A failure that an earlier worker met: `name` is the class of the error it was. */
export class RecordedError extends Error {
  readonly details: string[];

  constructor(failure: OperationFailure) {
    super(failure.message);
    this.name = failure.type;
    this.details = failure.details ?? [];
  }
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
