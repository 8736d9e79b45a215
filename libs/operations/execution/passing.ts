import { UnavailableError } from '#libs/common/errors';
import { isDatabaseAway, isLostRace } from '#libs/database/passing-errors';

/** gRPC: DEADLINE_EXCEEDED and UNAVAILABLE. */
const PASSING_STATUS = new Set<unknown>([4, 14]);

/** Whether another try may succeed: something we depend on did not answer. Everything else fails at once. */
export function mayPass(error: unknown): boolean {
  if (error instanceof UnavailableError || isDatabaseAway(error) || isLostRace(error)) return true;
  return error instanceof Error && 'code' in error && PASSING_STATUS.has(error.code);
}
