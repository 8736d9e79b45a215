import { DomainError } from '#libs/common/errors';

/** Limits are asked of, or set for, a project that there is not (Nova: 400, not 404). */
export class UnknownProjectError extends DomainError {
  constructor(readonly projectId: string) {
    super(`Project ID ${projectId.slice(0, 100)} is not a valid project.`);
  }
}

/** A limit below what the project uses already, which only `force` sets. */
export class LimitBelowUsageError extends DomainError {
  constructor(
    readonly resource: string,
    readonly limit: number,
    readonly used: number,
  ) {
    super(`Quota limit ${limit} for ${resource} must be greater than or equal to already used ${used}.`);
  }
}
