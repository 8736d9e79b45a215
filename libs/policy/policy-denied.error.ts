import { ForbiddenError } from '#libs/common/errors';

/** A rule does not allow the request to this caller. */
export class PolicyDeniedError extends ForbiddenError {
  constructor(readonly rule: string) {
    super(wordsOf(rule));
  }
}

/** The message in the words of the OpenStack service whose rule it is: clients know them. */
function wordsOf(rule: string): string {
  return rule.startsWith('os_compute_api:')
    ? `Policy doesn't allow ${rule} to be performed.`
    : `You are not authorized to perform the requested action: ${rule}.`;
}
