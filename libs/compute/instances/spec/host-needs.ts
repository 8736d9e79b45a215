import { InvalidInputError } from '#libs/common/errors';
import type { Instance, InstanceFlavor } from '../instance.entity.js';
import { configOf } from './instance-spec.js';

const PRIVILEGED = 'security.privileged';

/** Keys that say whose ids an instance's files have: a disk that is kept cannot change them. */
const OF_IDS = [PRIVILEGED, ...['isolated', 'base', 'size'].map((key) => `security.idmap.${key}`)];

/** Capabilities that the instance asks of every host that it runs on, by its configuration. */
export function hostNeeds(
  instance: Pick<Instance, 'config'>,
  flavor: Pick<InstanceFlavor, 'extraSpecs'> | null,
): string[] {
  return configOf(instance, flavor)[PRIVILEGED] === 'true' ? ['privileged'] : [];
}

/** Throws InvalidInputError where the disk as it is would not fit the other flavor's configuration. */
export function requireSameIds(instance: Pick<Instance, 'config' | 'flavor'>, next: InstanceFlavor): void {
  const [before, after] = [configOf(instance, instance.flavor), configOf(instance, next)];
  for (const key of OF_IDS)
    if ((before[key] ?? 'false') !== (after[key] ?? 'false'))
      throw new InvalidInputError('flavorRef', `a flavor with the same lxd:${key}: the disk's files keep their owners`);
}
