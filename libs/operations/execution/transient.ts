import { UnavailableError } from '#libs/common/errors';
import { isDatabaseAway, isLostRace } from '#libs/database/transient-errors';

/** gRPC: DEADLINE_EXCEEDED and UNAVAILABLE. */
const TRANSIENT_STATUS = new Set<unknown>([4, 14]);

/**
 * Whether another attempt may succeed, because something that we depend on did not answer. All other errors fail the
 * step at once.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof UnavailableError || isDatabaseAway(error) || isLostRace(error)) return true;
  return error instanceof Error && 'code' in error && TRANSIENT_STATUS.has(error.code);
}
