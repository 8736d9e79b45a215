import type { Target } from '#libs/policy/check/check';
import type { Asker } from '#libs/policy/credentials';
import { allows } from '#libs/policy/policy';

/** Whether who asks may see why something failed in its own words, which name hosts, paths and logs. */
export function readsFailures(asker: Asker, target?: Target): boolean {
  return allows(asker, 'fleet:failures:details', target);
}

/** A failure as it was recorded. `type`: class of the error, absent in rows of v0.1. */
export interface RecordedFailure {
  message: string;
  type?: string;
}

const NO_VALID_HOST = 'No valid host was found.';

/** What members are told of a failure whose message is for administrators. */
const GENERIC = 'The operation failed. An administrator can see why.';

/** Failures that every member may be told of, in words that name no host, path or log. */
const WORDS: Readonly<Record<string, string>> = {
  NoValidHostError: NO_VALID_HOST,
  OperationCancelledError: 'The operation was cancelled.',
  InstanceTransitionLostError: 'The instance was deleted or reset meanwhile.',
  UnavailableError: 'A part of the cloud did not answer in time.',
};

/**
 * What members of the project are told of a failed operation. Its own message may name hosts, their free capacity,
 * paths and lines of logs, and is for administrators (Nova: OSSA-2019-003).
 */
export function publicFailure({ type, message }: RecordedFailure): string {
  if (type !== undefined && Object.hasOwn(WORDS, type)) return WORDS[type]!;
  return message.startsWith(NO_VALID_HOST) ? NO_VALID_HOST : GENERIC;
}
