import { DomainError } from '#libs/common/errors';
import { bounded, explainLines } from '../core/explanation.js';
import type { Explanation } from '../core/explanation.js';

/** No host can, or may, take the instance (Nova: NoValidHost). */
export class NoValidHostError extends DomainError {
  /** One line per host: the filter, and why. */
  readonly details: string[];

  constructor(readonly explanation: Explanation) {
    const details = explainLines(bounded(explanation));
    const reasons = details.length ? ` ${details.slice(0, 10).join('; ')}` : ' There are no hosts.';
    super(`No valid host was found.${reasons}`);
    this.details = details;
  }
}
