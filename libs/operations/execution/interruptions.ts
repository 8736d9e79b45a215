import { DomainError } from '#libs/common/errors';

/** A step is aborted because the operation was asked to stop: the reason of its signal. */
export class OperationCancelledError extends DomainError {
  constructor() {
    super('The operation was cancelled.');
  }
}

/** Another worker may have the operation now, so this one must change nothing more. */
export class LeaseLostError extends DomainError {
  constructor(operationId: string) {
    super(`The lease on operation ${operationId} is lost.`);
  }
}

/** This worker shuts down; another one resumes the operation at its step. */
export class WorkerStoppingError extends DomainError {
  constructor() {
    super('The worker is stopping.');
  }
}
