import { ConflictError } from '#libs/common/errors';

/** Not every instance could be moved; `details` has one line for each, at most 100. */
export class BatchIncompleteError extends ConflictError {
  constructor(
    failed: number,
    total: number,
    readonly details: string[],
  ) {
    super(`${failed} of ${total} instances could not be moved.`);
  }
}
