import { InvalidInputError } from '#libs/common/errors';
import { settings } from '#libs/common/settings/settings';

/** Seconds from the end of a host's lease until its agent freezes the marked instances, and until it kills them. */
export interface FenceTimes {
  freezeSeconds: number;
  stopSeconds: number;
}

/** What agents are told. Throws InvalidInputError where it could not be kept. */
export function fenceTimes(): FenceTimes {
  const { freezeSeconds, stopSeconds } = settings('fencing');
  if (stopSeconds < freezeSeconds)
    throw new InvalidInputError('LXSTACK_FENCE_STOP_SECONDS', 'no less than LXSTACK_FENCE_FREEZE_SECONDS');
  return { freezeSeconds, stopSeconds };
}

/** Seconds that the bar stays closed beyond the time of the kill: for clocks that drift, and for processes that die slowly. */
export function fenceMarginSeconds(): number {
  return settings('fencing').marginSeconds;
}
