import { DomainError } from '#libs/common/errors';

/** An end of the move gave up; `details` is what CRIU said last. */
export class MoveFailedError extends DomainError {
  constructor(
    readonly step: string,
    readonly reason: string,
    readonly details: string[] = [],
  ) {
    super(`${step}: ${reason}`);
  }
}
