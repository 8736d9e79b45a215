import type { Target } from '#libs/policy/check/check';
import type { Host } from './host.entity.js';

/** What rules look at of a host. */
export function hostTarget({ name, availabilityZone }: Pick<Host, 'name' | 'availabilityZone'>): Target {
  return { host: name, availability_zone: availabilityZone };
}
