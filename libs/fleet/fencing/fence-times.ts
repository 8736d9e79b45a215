import { numberSetting } from '#libs/common/config';
import { InvalidInputError } from '#libs/common/errors';

/** Seconds from the end of a host's lease until its agent freezes the marked instances, and until it kills them. */
export interface FenceTimes {
  freezeSeconds: number;
  stopSeconds: number;
}

/** What agents are told. Throws InvalidInputError where it could not be kept. */
export function fenceTimes(): FenceTimes {
  const freezeSeconds = whole('LXSTACK_FENCE_FREEZE_SECONDS', 15);
  const stopSeconds = whole('LXSTACK_FENCE_STOP_SECONDS', 30);
  if (stopSeconds < freezeSeconds)
    throw new InvalidInputError('LXSTACK_FENCE_STOP_SECONDS', 'no less than LXSTACK_FENCE_FREEZE_SECONDS');
  return { freezeSeconds, stopSeconds };
}

/** Seconds that the bar stays closed beyond the time of the kill: for clocks that drift, and for processes that die slowly. */
export function fenceMarginSeconds(): number {
  return whole('LXSTACK_FENCE_MARGIN_SECONDS', 10);
}

function whole(name: string, fallback: number): number {
  const value = numberSetting(name, fallback);
  if (!Number.isInteger(value) || value < 1 || value > 86_400)
    throw new InvalidInputError(name, 'whole seconds, 1 to 86400');
  return value;
}
