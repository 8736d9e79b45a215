import { MarkerNotFoundError } from '#libs/database/keyset';
import {
  FlavorTooSmallError,
  IdRangeError,
  ImageNotReadyError,
  InstanceCountError,
  NicForManyError,
  NotAllowedOnAnyHostError,
  PlacementRequestError,
  UnusableReferenceError,
} from '#libs/compute/instances/instance.errors';
import type { InstanceAction, MigrationAction } from '#libs/compute/instances/states/instance-states';
import { InstanceStateError, NameTakenError } from '#libs/common/errors';
import {
  MigrationNotFoundError,
  MigrationStateError,
  NotResizedError,
  SharedStorageError,
} from '#libs/mobility/migrations/move.errors';

/** Nova's names of fields that the domain names differently. */
export const novaFields: Readonly<Record<string, string>> = {
  flavor: 'flavorRef',
  image: 'imageRef',
  scheduler_hints: 'os:scheduler_hints',
};

/** Nova's messages for references that it does not call by kind and id. */
const unusable: Readonly<Record<string, (error: UnusableReferenceError) => string>> = {
  'Security group': ({ id, projectId }) => `Security group ${id} not found for project ${projectId}.`,
  Image: ({ id }) => `Can not find requested image ${id}`,
  'Key pair': () => 'Invalid key_name provided.',
  'Availability zone': () => 'The requested availability zone is not available',
};

/** Nova's words for actions, in its messages; the others are called as the domain calls them. */
const actions: Readonly<Record<string, string>> = {
  soft_reboot: 'reboot',
  hard_reboot: 'reboot',
  live_migration: 'os-migrateLive',
  confirm_resize: 'confirmResize',
  revert_resize: 'revertResize',
  force_delete: 'forceDelete',
  abort_live_migration: 'abort live migration',
} satisfies Partial<Record<InstanceAction | MigrationAction, string>>;

const actionWord = (action: string): string => (Object.hasOwn(actions, action) ? actions[action]! : action);

/**
 * Nova's message for an error of the domain, with this API's names of fields; undefined where `said`, what the caller may
 * read of the error's own message, will do.
 */
export function novaWords(error: unknown, said: string): string | undefined {
  if (error instanceof InstanceStateError)
    return `Cannot '${actionWord(error.action)}' instance ${error.instanceId} while it is in ${error.attribute} ${error.state ?? 'None'}`;
  if (error instanceof MigrationStateError)
    return `Migration ${error.migrationId} state of instance ${error.instanceId} is ${error.status}. Cannot ${actionWord(error.action).replaceAll('_', ' ')} while the migration is in this state.`;
  if (error instanceof MigrationNotFoundError)
    return `Migration ${error.id} not found for instance ${error.instanceId}`;
  if (error instanceof SharedStorageError) return `block_migration is ${error.shared ? 'True' : 'False'}: ${said}`;
  if (error instanceof NameTakenError) return `${error.kind} with name ${error.taken} already exists.`;
  if (error instanceof MarkerNotFoundError) return `marker [${error.id}] not found`;
  if (error instanceof UnusableReferenceError)
    return Object.hasOwn(unusable, error.kind) ? unusable[error.kind]!(error) : undefined;
  if (error instanceof ImageNotReadyError) return `Image ${error.imageId} is not active.`;
  if (error instanceof FlavorTooSmallError)
    return error.resource === 'memory'
      ? "Flavor's memory is too small for requested image."
      : "The size of the flavor's disk is smaller than the minimum size of the image.";
  if (error instanceof InstanceCountError) return 'min_count must be <= max_count';
  if (error instanceof NicForManyError) return 'A port or fixed IP cannot be given to more than one instance.';
  if (error instanceof PlacementRequestError)
    return error.problem === 'form'
      ? 'Invalid availability_zone: zone, zone:host or zone:host:node is expected.'
      : 'A host may be named in availability_zone or in host, not in both.';
  if (error instanceof NotAllowedOnAnyHostError)
    return `flavorRef: lxd:security.${error.need}=true is allowed on no host. An operator allows it per host: LXSTACK_AGENT_${error.need.toUpperCase()}=true in the environment of its agent.`;
  if (error instanceof IdRangeError) return `Flavor extra spec lxd:${error.message}`;
  if (error instanceof NotResizedError) return 'Instance has not been resized.';
  return undefined;
}
