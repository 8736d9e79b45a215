import type { OwnershipAnswer } from './movable-instances.js';

/** What became of a switch that got no answer. `unknown`: nobody who may say it has said it; stay frozen. */
export type SwitchDecision = 'commit' | 'abort' | 'unknown';

/**
 * For either end, after the time in which a commit was possible: whose is the instance? The control plane's word counts
 * first (Postgres is the only truth); without it the other end's, which can have been told the outcome.
 */
export function decideSwitch(
  end: 'source' | 'target',
  ownership: OwnershipAnswer | undefined,
  otherEnd: 'undecided' | 'committed' | 'aborted' | undefined,
): SwitchDecision {
  if (ownership) {
    const heldHere = ownership.exists && ownership.owned;
    if (end === 'source') return heldHere ? 'abort' : 'commit';
    return heldHere ? 'commit' : 'abort';
  }
  if (otherEnd === 'committed') return 'commit';
  if (otherEnd === 'aborted') return 'abort';
  return 'unknown';
}
