/** A step of the move failed, or (`aborted`) it was called off; the instance goes on where it is. */
export class MoveFailure extends Error {
  constructor(
    readonly step: string,
    reason: string,
    readonly logTail: string[] = [],
  ) {
    super(reason);
  }
}
