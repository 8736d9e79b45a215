import { Column, PrimaryColumn, VersionColumn } from 'typeorm';
import type { EntityManager, EntityTarget } from 'typeorm';
import { Timestamps } from '#libs/database/columns';
import { ConflictError } from '#libs/common/errors';

/** What every network resource that a user makes has in common (Neutron: standard attributes). */
export abstract class StandardAttributes extends Timestamps {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'text', default: '' })
  name: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ type: 'text', name: 'project_id' })
  projectId: string;

  /** In order, each once. */
  @Column({ type: 'text', array: true, default: [] })
  tags: string[];

  /** Counts changes. A trigger of the table raises it (`raise_revision`), whoever writes the row. */
  @VersionColumn({ type: 'int', name: 'revision_number', default: 1 })
  revisionNumber: number;
}

/** The names by which clients filter and sort lists of such resources, with their SQL over `x`. */
export const standardColumns = {
  id: 'x.id',
  name: 'x.name',
  description: 'x.description',
  project_id: 'x.project_id',
  tags: 'x.tags',
  revision_number: 'x.revision_number',
  created_at: 'x.created_at',
  updated_at: 'x.updated_at',
};

/** The resource has changed since the caller looked at it (Neutron: RevisionNumberConstraintFailed). */
export class RevisionMismatchError extends ConflictError {
  constructor(
    readonly expectedRevision: number,
    readonly currentRevision: number,
  ) {
    super(`Constrained to ${expectedRevision}, but current revision is ${currentRevision}`);
  }
}

/**
 * Neutron API: `If-Match: revision_number=N` (undefined: the caller sets no condition). Locks the row until the
 * transaction ends, so that the revision stays the one compared. Throws RevisionMismatchError.
 */
export async function requireRevision(
  tx: EntityManager,
  entity: EntityTarget<StandardAttributes>,
  id: string,
  revision: number | undefined,
): Promise<void> {
  if (revision === undefined) return;
  const row = await tx.findOne(entity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (row && row.revisionNumber !== revision) throw new RevisionMismatchError(revision, row.revisionNumber);
}
