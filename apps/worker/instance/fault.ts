import { messageOf } from '#libs/common/errors';
import type { Fault } from '#libs/compute/instances/states/instance-transitions';

/** Nova's fault of an instance whose operation failed: the message, and every single reason where there are several. */
export function faultOf(error: Error): Fault {
  const reasons = 'details' in error && Array.isArray(error.details) ? error.details.map(String) : [];
  const details = reasons.length ? reasons.join('\n') : undefined;
  return { code: 500, message: messageOf(error), type: error.name, details };
}
