import type { Explanation } from '#libs/scheduling/core/explanation';

/** What `place` found out: the host that was claimed. */
export interface CreateContext {
  hostId?: string;
  /** Why that one (libs/scheduling reads it: GET /fleet/v1/instances/{id}/explain). */
  placement?: Explanation;
}
