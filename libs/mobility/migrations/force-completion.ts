import type { Caller } from '#libs/common/caller';
import type { NewOperation } from '#libs/operations/operations.service';

export const FORCE_COMPLETION = 'migration.force-complete';

/** The operation that tells the source to hurry. On the migration: it does not wait for the instance's, which is the move. */
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
