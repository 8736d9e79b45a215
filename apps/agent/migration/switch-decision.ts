import { sleep } from '#libs/common/clock';
import type { MigrationRecord } from './migration-record.js';
import type { MigrationDeps, OwnershipAnswer } from './movable-instances.js';

/** What became of a switch that got no answer. `unknown`: nobody who may say it has said it; stay frozen. */
export type SwitchDecision = 'commit' | 'abort' | 'unknown';

/**
 * For either end: was the switch to `nextEpoch` committed? Only the control plane may say (invariant 2): also a target
 * that has given up may be started anew from its disk after a commit, so its word frees no source. The epoch tells,
 * also of an instance that was deleted meanwhile. Of one that the control plane has never heard of, nothing is known:
 * it may be an older copy of its database.
 */
export function decideSwitch(
  end: 'source' | 'target',
  nextEpoch: number,
  ownership: OwnershipAnswer | undefined,
): SwitchDecision {
  if (!ownership || (!ownership.exists && !ownership.deleted)) return 'unknown';
  const committed = ownership.epoch >= nextEpoch;
  if (end === 'target') return committed && ownership.owned && ownership.epoch === nextEpoch ? 'commit' : 'abort';
  // Moved there and back meanwhile, it is another copy's turn, not this one's.
  return committed ? 'commit' : 'abort';
}

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [250, 10_000];

/** Asks until the control plane's answer decides; undefined where `isDecided` meanwhile, by somebody's call. */
export async function decideWithControlPlane(
  { ownership, logger }: Pick<MigrationDeps, 'ownership' | 'logger'>,
  end: 'source' | 'target',
  { migrationId, spec, nextEpoch }: Pick<MigrationRecord, 'migrationId' | 'spec' | 'nextEpoch'>,
  isDecided: () => boolean,
): Promise<'commit' | 'abort' | undefined> {
  for (let pause = FIRST_PAUSE_MS; !isDecided(); pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const answer = await ownership(spec.id).catch(() => undefined); // asked again
    const decision = decideSwitch(end, nextEpoch, answer);
    logger.warn({ migrationId, end, answer, decision }, 'switch without a word');
    if (isDecided()) return undefined;
    if (decision !== 'unknown') return decision;
    await sleep(pause);
  }
  return undefined;
}
