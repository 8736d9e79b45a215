import type { GuestCpu } from '#generated/lxstack/agent/v1/guest';
import type { CapacityNeeded } from '#libs/mobility/eligibility/capacity-rules';
import type { Explanation } from '#libs/scheduling/core/explanation';

/** What the steps of a move find out, in the operation's context. */
export interface MoveContext {
  targetHostId?: string;
  /** A resize whose target is its source. */
  sameHost?: boolean;
  /** The target whose agent has said that it can take it. */
  lookedAt?: string;
  /** When timed steps began, in milliseconds since 1970. */
  begun?: Record<string, number>;
  /** What its host counted before the move: what a target has to have. */
  needs?: CapacityNeeded;
  /** Why that one. */
  placement?: Explanation;
  /** The target's data listener, and the ticket for it (good for this migration only). */
  dataAddress?: string;
  ticket?: string;
  /** Live moves: both ends have heard of the commit, from the worker that made it. */
  told?: boolean;
  /** Live moves: what the guest's tasks did before the freeze. */
  guestBefore?: GuestCpu;
  /** Cold moves: whether it ran before, and is to run after. */
  wasRunning?: boolean;
  /** Cold moves: the target has started it, or was told of the commit where it did not run. */
  started?: boolean;
  /** After a start that failed: the target has said that nothing of it runs there. */
  quiet?: boolean;
  /** After its commit it was made the source's again, two epochs on. */
  returned?: boolean;
  /** The source has it again as it was. */
  resumed?: boolean;
  /** It ran before, and could not be started again where it was. */
  keptStopped?: boolean;
  /** What went wrong in the words of the end that failed, for the migration's record. */
  failure?: { step: string; reason: string; logTail: string[] };
}
