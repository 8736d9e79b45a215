import type { IdMap, InstanceSpec, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import type { Image } from '#libs/images/image.entity';
import { InvalidInputError } from '#libs/common/errors';
import { SHARED_ID_RANGE } from '#libs/agent-protocol/shared-id-range';
import type { Instance, InstanceFlavor } from '../instance.entity.js';
import { resourcesOf } from '../instance-resources.js';

export interface InstanceSpecParts {
  instance: Instance;
  /** The flavor it is to have: the instance's own unless a resize is going on. */
  flavor?: InstanceFlavor;
  /** Null where its root was made without one. */
  image: Pick<Image, 'id' | 'sha256' | 'size' | 'properties'> | null;
  /** In the order of eth0, eth1, … */
  nics: Nic[];
  networks: NetworkSpec[];
}

/**
 * What the agent is told about an instance, LXD-style configuration and devices expanded: the image's properties named
 * `lxd:KEY` first, then the flavor's extra specs, the server's metadata, the instance's own keys. Throws InvalidInputError where the image has no checksum yet.
 */
export function renderInstanceSpec(parts: InstanceSpecParts): InstanceSpec {
  const { instance, image, nics, networks } = parts;
  const flavor = parts.flavor ?? instance.flavor;
  const { vcpus, memoryMb, diskGb } = resourcesOf(instance, parts.flavor);
  const config = {
    ...ofUsers(keysOf(image?.properties ?? {})),
    ...keysOf(flavor?.extraSpecs ?? {}),
    ...ofUsers(keysOf(instance.metadata)),
    ...instance.config,
  };
  return {
    id: instance.id,
    hostname: instance.hostname,
    image: image ? imageOf(image) : undefined,
    limits: {
      vcpus,
      memoryBytes: memoryMb * 1024 * 1024,
      diskBytes: diskGb * 1024 ** 3,
      pids: Number(config['limits.processes'] ?? 0),
    },
    nics,
    devices: Object.entries(instance.devices).map(([name, { type = 'none', ...options }]) => ({ name, type, options })),
    config,
    idmap: idMapOf(instance),
    projectId: instance.projectId,
    displayName: instance.name,
    networks,
  };
}

function imageOf({ id, sha256, size }: Pick<Image, 'id' | 'sha256' | 'size'>) {
  if (!sha256) throw new InvalidInputError('imageRef', `an active image, not ${id}`);
  return { imageId: id, sha256, sizeBytes: size ?? 0 };
}

/** Configuration keys that whoever uploads an image or owns a server may set; the others are the operator's. */
const USERS_KEYS = new Set(['migration.stateful']);

function idMapOf({ idmapBase, idmapSize }: Instance): IdMap {
  return idmapBase && idmapSize ? { base: idmapBase, size: idmapSize } : SHARED_ID_RANGE;
}

/** The operator's keys in force: a flavor's extra specs `lxd:security.privileged` and the like, then the instance's own. */
export function configOf(
  instance: Pick<Instance, 'config'>,
  flavor: Pick<InstanceFlavor, 'extraSpecs'> | null,
): Record<string, string> {
  return { ...keysOf(flavor?.extraSpecs ?? {}), ...instance.config };
}

function keysOf(properties: Readonly<Record<string, string>>): Record<string, string> {
  const own = Object.entries(properties).filter(([key]) => key.startsWith('lxd:'));
  return Object.fromEntries(own.map(([key, value]) => [key.slice('lxd:'.length), value]));
}

const ofUsers = (keys: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(keys).filter(([key]) => USERS_KEYS.has(key)));
