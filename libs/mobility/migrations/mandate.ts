import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { requireInstance } from '#libs/compute/instances/known-instance';
import type { RuleName } from '#libs/policy/rule-tables';

/** Who asks, as far as the record of it says. */
export type Asking = Pick<Caller, 'projectId' | 'userId' | 'requestId'>;

/**
 * What the control plane does in the course of something that was allowed before (a drain's moves, a confirmation that is
 * due, the evacuation of a lost host), in the name of who began it: the policy is not asked again. Faces never make one.
 */
export class Mandate implements Asking {
  readonly projectId: string;
  readonly userId: string;
  readonly requestId: string;

  constructor({ projectId, userId, requestId }: Asking) {
    Object.assign(this, { projectId, userId, requestId });
  }
}

/** Throws NotFoundError and PolicyDeniedError as `requireInstance`. */
export async function permit(
  tx: EntityManager,
  by: Caller | Mandate,
  instanceId: string,
  rule: RuleName,
): Promise<void> {
  if (!(by instanceof Mandate)) await requireInstance(tx, by, instanceId, rule);
}
