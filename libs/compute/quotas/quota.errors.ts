import { DomainError } from '#libs/common/errors';

/** Limits are read or set for a project that does not exist (Nova: 400, not 404). */
export class UnknownProjectError extends DomainError {
  constructor(readonly projectId: string) {
    super(`Project ID ${projectId.slice(0, 100)} is not a valid project.`);
  }
}

/** A new limit is below what the project uses already; only `force` sets it. */
export class LimitBelowUsageError extends DomainError {
  constructor(
    readonly resource: string,
    readonly limit: number,
    readonly used: number,
  ) {
    super(`Quota limit ${limit} for ${resource} must be greater than or equal to already used ${used}.`);
  }
}
