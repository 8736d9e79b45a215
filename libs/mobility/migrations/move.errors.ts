import { ConflictError, DomainError, InvalidInputError, NotFoundError } from '#libs/common/errors';

/** The host named as target is none of ours (Nova: ComputeHostNotFound, 400; evacuate: 404). */
export class ComputeHostNotFoundError extends NotFoundError {
  constructor(host: string) {
    super('Compute host', host);
  }
}

/** As above, for an evacuation. */
export class EvacuationHostNotFoundError extends NotFoundError {
  constructor(host: string) {
    super('Compute host', host);
  }
}

/** The move cannot be made as it was asked for; every reason that was found, in words an operator can act on. */
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

/** Its disk is sent by the host that it is on: that is down, or its agent does not answer. Names no host: users see it. */
export class SourceDownError extends ConflictError {
  constructor(readonly instanceId: string) {
    super(`Instance ${instanceId} cannot be moved now: the host that it is on is down or does not answer.`);
  }
}

/** The migration has gone too far, or is of a kind that cannot be aborted (Nova: InvalidMigrationState, 400). */
export class MigrationStateError extends ConflictError {
  constructor(
    readonly migrationId: number,
    readonly instanceId: string,
    readonly status: string,
    readonly action: string,
  ) {
    super(
      `Migration ${migrationId} state of instance ${instanceId} is ${status}. Cannot ${action} while the migration is in this state.`,
    );
  }
}

/** The instance has no such migration, as something to be hurried (Nova: MigrationNotFoundForInstance, 400 there). */
export class MigrationNotFoundError extends NotFoundError {
  constructor(migrationId: number, instanceId: string) {
    super('Migration', String(migrationId));
    this.message = `Migration ${migrationId} not found for instance ${instanceId}`;
  }
}

/** There is no resize of the instance that could be confirmed or taken back. */
export class NotResizedError extends DomainError {
  constructor(readonly instanceId: string) {
    super(`Instance ${instanceId} has not been resized.`);
  }
}
