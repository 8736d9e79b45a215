import { DomainError } from '#libs/common/errors';

/** Why a running step is interrupted: the reason of its signal. */
export class OperationCancelledError extends DomainError {
  constructor() {
    super('The operation was cancelled.');
  }
}

/** Another worker may have the operation now: this one must change nothing more. */
export class LeaseLostError extends DomainError {
  constructor(operationId: string) {
    super(`The lease on operation ${operationId} is lost.`);
  }
}

/** This worker goes down; the operation resumes at its step elsewhere. */
export class WorkerStoppingError extends DomainError {
  constructor() {
    super('The worker is stopping.');
  }
}
