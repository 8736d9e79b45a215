import { createHash } from 'node:crypto';
import { DesiredResource } from '#generated/lxstack/agent/v1/desired_state';

/**
 * A digest that is the same for the same resources in any order. Agent and control plane compare by it what a host was
 * told.
 */
export function digestOf(resources: Iterable<DesiredResource>): string {
  const written = [...resources].map((resource) => Buffer.from(DesiredResource.encode(resource).finish()));
  const hash = createHash('sha256');
  for (const bytes of written.sort(Buffer.compare)) hash.update(bytes);
  return hash.digest('hex');
}
