import type { Caller } from '#libs/common/caller';
import type { NewOperation } from '#libs/operations/operations.service';

/** Kind of the operation that ends a live move's passes. */
export const FORCE_COMPLETION = 'migration.force-complete';

/**
 * The operation that tells the source to switch now. Its resource is the migration, so it does not queue behind the
 * move, which is the instance's operation.
 */
export function forceCompletionOf(migrationId: string, by: Caller): NewOperation {
  return {
    kind: FORCE_COMPLETION,
    queue: 'instance',
    resourceType: 'migration',
    resourceId: migrationId,
    by,
    input: {},
  };
}
