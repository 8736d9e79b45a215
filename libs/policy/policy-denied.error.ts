import { ForbiddenError } from '#libs/common/errors';

/** A rule does not allow it to this caller. */
export class PolicyDeniedError extends ForbiddenError {
  constructor(readonly rule: string) {
    super(wordsOf(rule));
  }
}

/** As each of OpenStack's services says it: clients know these words. */
function wordsOf(rule: string): string {
  return rule.startsWith('os_compute_api:')
    ? `Policy doesn't allow ${rule} to be performed.`
    : `You are not authorized to perform the requested action: ${rule}.`;
}
