import { InvalidInputError } from '#libs/common/errors';
import type { Instance, InstanceFlavor } from '../instance.entity.js';
import { configOf } from './instance-spec.js';
import { traitNeeds } from './trait-needs.js';

const PRIVILEGED = 'security.privileged';

/** Keys that decide which ids own an instance's files: where the disk is kept, they cannot change. */
const OF_IDS = [PRIVILEGED, ...['isolated', 'base', 'size'].map((key) => `security.idmap.${key}`)];

type Configured = Pick<Instance, 'config'>;
type WithSpecs = Pick<InstanceFlavor, 'extraSpecs'> | null;

/**
 * Capabilities and traits that the instance demands of every host it runs on, by its configuration and its flavor's extra
 * specs; `!NAME`: what the host must not have.
 */
export const hostNeeds = (instance: Configured, flavor: WithSpecs): string[] => [
  ...allowanceNeeds(instance, flavor),
  ...traitNeeds(flavor?.extraSpecs ?? {}),
];

/** Those of them that are an operator's to allow, host by host. */
export const allowanceNeeds = (instance: Configured, flavor: WithSpecs): string[] =>
  configOf(instance, flavor)[PRIVILEGED] === 'true' ? ['privileged'] : [];

/**
 * Throws InvalidInputError where the files on the kept disk would belong to other ids than the next flavor's
 * configuration has.
 */
export function requireSameIds(instance: Pick<Instance, 'config' | 'flavor'>, next: InstanceFlavor): void {
  const [before, after] = [configOf(instance, instance.flavor), configOf(instance, next)];
  for (const key of OF_IDS)
    if ((before[key] ?? 'false') !== (after[key] ?? 'false'))
      throw new InvalidInputError('flavor', `a flavor with the same lxd:${key}: the disk's files keep their owners`);
}
