import type { OperationFailure } from '../operation.entity.js';

/** What a failed operation keeps of the error: enough for every face to render it. */
export function toFailure(step: string, error: Error): OperationFailure {
  const details = 'details' in error && Array.isArray(error.details) ? error.details.map(String) : undefined;
  return { step, message: error.message, type: error.name, ...(details?.length ? { details } : {}) };
}

/** A failure that an earlier worker recorded; `name` is the class of that error. */
export class RecordedError extends Error {
  readonly details: string[];

  constructor(failure: OperationFailure) {
    super(failure.message);
    this.name = failure.type;
    this.details = failure.details ?? [];
  }
}

/** What was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
