import type { GuestData, IdMap, InstanceSpec, NetworkSpec, Nic, SecuritySpec } from '#generated/lxstack/agent/v1/types';
import type { Image } from '#libs/images/image.entity';
import { InvalidInputError } from '#libs/common/errors';
import { SHARED_ID_RANGE } from '#libs/agent-protocol/shared-id-range';
import type { Instance, InstanceFlavor } from '../instance.entity.js';
import { resourcesOf } from '../instance-resources.js';

export interface InstanceSpecParts {
  instance: Instance;
  /** The flavor that the host gives the instance: its own or, during a resize, the other one. */
  flavor?: InstanceFlavor;
  /** Null where the root was made without an image. */
  image: Pick<Image, 'id' | 'sha256' | 'size' | 'properties'> | null;
  /** In the order in which the guest has them: eth0, eth1, … */
  nics: Nic[];
  networks: NetworkSpec[];
  /** What the NICs' filters name. */
  security?: SecuritySpec;
}

/**
 * What the agent is told about an instance, with LXD-style configuration and devices expanded. Later sources win: the
 * image's properties `lxd:KEY`, the flavor's extra specs, the server's metadata, the instance's own keys. Throws
 * InvalidInputError where the image has no checksum yet.
 */
export function renderInstanceSpec(parts: InstanceSpecParts): InstanceSpec {
  const { instance, image, nics, networks, security } = parts;
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
    guest: guestOf(instance),
    ephemeral: instance.ephemeral,
    security,
  };
}

/** What the guest is told of itself. Hosts are told of later changes by their desired state. */
function guestOf(instance: Instance): GuestData {
  const { name, hostname, metadata, availabilityZone } = instance;
  return {
    changing: { name, hostname, metadata, availabilityZone: availabilityZone ?? '', securityGroups: [] },
    keyName: instance.keyName ?? '',
    keyType: instance.keyType ?? '',
    publicKey: instance.publicKey ?? '',
    userData: instance.userData ?? '',
    configDrive: instance.configDrive,
    imageId: instance.imageId ?? '',
    flavorName: instance.flavor?.name ?? '',
    reservationId: reservationOf(instance.id),
  };
}

/** Nova: reservation_id. Here each instance is a reservation of its own. */
export const reservationOf = (instanceId: string): string => `r-${instanceId.slice(0, 8)}`;

function imageOf({ id, sha256, size }: Pick<Image, 'id' | 'sha256' | 'size'>) {
  if (!sha256) throw new InvalidInputError('image', `an active image, not ${id}`);
  return { imageId: id, sha256, sizeBytes: size ?? 0 };
}

/** Configuration keys that users may set on images and servers; all others are the operator's. */
const USERS_KEYS = new Set(['migration.stateful']);

function idMapOf({ idmapBase, idmapSize }: Instance): IdMap {
  return idmapBase && idmapSize ? { base: idmapBase, size: idmapSize } : SHARED_ID_RANGE;
}

/**
 * The operator's keys that apply: the flavor's extra specs such as `lxd:security.privileged`, then the instance's
 * own.
 */
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
