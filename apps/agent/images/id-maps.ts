import type { IdMap, InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { SHARED_ID_RANGE } from '#libs/agent-protocol/shared-id-range';
import { InvalidInputError } from '#libs/common/errors';

/** Ids below this belong to the host's own users. */
const LOWEST = 100_000;

/** LXD: security.privileged. Such an instance has no user namespace: its root is the host's. */
export const isPrivileged = (spec: Pick<InstanceSpec, 'config'>): boolean =>
  spec.config['security.privileged'] === 'true';

/** The instance's range of host ids; undefined for a privileged instance, whose ids are the host's own. */
export function idMapOf(spec: Pick<InstanceSpec, 'config' | 'idmap'>): IdMap | undefined {
  if (isPrivileged(spec)) return undefined;
  const { base, size } = spec.idmap ?? SHARED_ID_RANGE;
  if (base < LOWEST || size < 1 || base + size > 2 ** 32 - 1)
    throw new InvalidInputError('spec.idmap', `a range from ${LOWEST} up`);
  return { base, size };
}

/** In place of an image's digest, for instances without one: that of no bytes at all, which no image can have. */
export const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** `placeOf` for what an instance's root is made from: its image, or an empty directory. */
export const imagePlaceOf = (spec: InstanceSpec): string => placeOf(spec.image?.sha256 ?? EMPTY_ROOT, idMapOf(spec));

/** Name of the directory that holds the image with its owners shifted to this map. */
export function placeOf(sha256: string, map: IdMap | undefined): string {
  if (!map) return `${sha256}-root`;
  const byDefault = map.base === SHARED_ID_RANGE.base && map.size === SHARED_ID_RANGE.size;
  return byDefault ? sha256 : `${sha256}-${map.base}-${map.size}`;
}
