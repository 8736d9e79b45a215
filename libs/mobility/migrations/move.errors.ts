import type { MigrationAction } from '#libs/compute/instances/states/instance-states';
import { ConflictError, DomainError, InvalidInputError, NotFoundError } from '#libs/common/errors';

/** No compute host has the name given as target (Nova: ComputeHostNotFound, 400; for an evacuation 404). */
export class ComputeHostNotFoundError extends NotFoundError {
  constructor(host: string) {
    super('Compute host', host);
  }
}

/** As ComputeHostNotFoundError, for an evacuation. */
export class EvacuationHostNotFoundError extends NotFoundError {
  constructor(host: string) {
    super('Compute host', host);
  }
}

/** The move cannot be made as asked. `reasons`: every one that was found, in words on which an operator can act. */
export class MoveRefusedError extends InvalidInputError {
  constructor(
    field: string,
    readonly details: string[],
  ) {
    super(field, 'a move that can be made');
    this.message = details.join('; ');
    this.publicMessage = 'The instance cannot be moved so. An administrator can see why.';
  }
}

/** The caller says wrongly whether the instance's disk has to be sent. `details`: that reason first. */
export class SharedStorageError extends MoveRefusedError {
  constructor(
    /** Whether the source's storage is shared; the caller has said the opposite. */
    readonly shared: boolean,
    reasons: string[],
  ) {
    const wrong = shared
      ? 'The disk is on storage that the hosts share: it stays there.'
      : 'The hosts share no storage: the disk has to be sent.';
    super('send_disk', [wrong, ...reasons]);
  }
}

/**
 * The source, which would send the disk, is down or its agent does not answer. The message names no host: users see it.
 */
export class SourceDownError extends ConflictError {
  constructor(readonly instanceId: string) {
    super(`Instance ${instanceId} cannot be moved now: the host that it is on is down or does not answer.`);
  }
}

/** A cold move was asked for one by one while the compute service of the source is disabled. Nova lets it: this is stricter. */
export class SourceDisabledError extends ConflictError {
  constructor(readonly instanceId: string) {
    super(
      `Instance ${instanceId} cannot be moved now: the compute service of its host is disabled. Enable it, or drain the host.`,
    );
  }
}

/** The migration is past the point of an abort, or of a type without one (Nova: InvalidMigrationState, 400). */
export class MigrationStateError extends ConflictError {
  constructor(
    readonly migrationId: number,
    readonly instanceId: string,
    readonly status: string,
    readonly action: MigrationAction,
  ) {
    super(`Migration ${migrationId} of instance ${instanceId} does not allow ${action} while it is ${status}.`);
  }
}

/** The instance has no such migration in progress (Nova: MigrationNotFoundForInstance; force_complete: 400). */
export class MigrationNotFoundError extends NotFoundError {
  constructor(
    migrationId: number,
    readonly instanceId: string,
  ) {
    super('Migration', String(migrationId));
  }
}

/** The instance has no resize that could be confirmed or reverted. */
export class NotResizedError extends DomainError {
  constructor(readonly instanceId: string) {
    super(`Instance ${instanceId} has not been resized.`);
  }
}
