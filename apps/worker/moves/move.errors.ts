import { DomainError } from '#libs/common/errors';

/** An end of the move gave up; `logTail` is what CRIU said last. */
export class MoveFailedError extends DomainError {
  constructor(
    readonly step: string,
    readonly reason: string,
    readonly logTail: string[] = [],
  ) {
    super(`${step}: ${reason}`);
  }
}
