import { InvalidInputError } from '#libs/common/errors';
import { settings } from '#libs/common/settings/settings';

/** Seconds from the end of a host's lease until its agent freezes the marked instances and until it kills them. */
export interface FenceTimes {
  freezeSeconds: number;
  stopSeconds: number;
}

/** The times that heartbeats give to agents. Throws InvalidInputError where agents could not keep them. */
export function fenceTimes(): FenceTimes {
  const { freezeSeconds, stopSeconds } = settings('fencing');
  if (stopSeconds < freezeSeconds)
    throw new InvalidInputError('LXSTACK_FENCE_STOP_SECONDS', 'no less than LXSTACK_FENCE_FREEZE_SECONDS');
  return { freezeSeconds, stopSeconds };
}

/** Seconds between the promised kill and the opening of the bar: clocks drift, and processes die slowly. */
export function fenceMarginSeconds(): number {
  return settings('fencing').marginSeconds;
}
