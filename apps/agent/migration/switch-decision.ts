import { sleep } from '#libs/common/clock';
import type { MigrationRecord } from './migration-record.js';
import type { MigrationDeps, OwnershipAnswer } from './movable-instances.js';

/** Whether a switch that got no answer was committed. `unknown`: the control plane has not said it; stay frozen. */
export type SwitchDecision = 'commit' | 'abort' | 'unknown';

/**
 * For either end: was the switch to `nextEpoch` committed? Only the control plane may say it (invariant 2), by the
 * instance's epoch, which it also keeps of deleted instances. The target may not: after a commit it may start the instance
 * from its disk even when its restore failed. A control plane that has never heard of the instance decides nothing: it may
 * run on an older copy of its database.
 */
export function decideSwitch(
  end: 'source' | 'target',
  nextEpoch: number,
  ownership: OwnershipAnswer | undefined,
): SwitchDecision {
  if (!ownership || (!ownership.exists && !ownership.deleted)) return 'unknown';
  const committed = ownership.epoch >= nextEpoch;
  if (end === 'target') return committed && ownership.owned && ownership.epoch === nextEpoch ? 'commit' : 'abort';
  // An instance that has moved on and back since then runs from another copy, not from this one.
  return committed ? 'commit' : 'abort';
}

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [250, 10_000];

/** Asks the control plane until its answer decides. Undefined when a call has decided meanwhile (`isDecided`). */
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
