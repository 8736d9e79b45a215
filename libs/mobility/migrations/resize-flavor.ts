import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { ConflictError, InvalidInputError, NotFoundError } from '#libs/common/errors';
import type { Flavors } from '#libs/compute/flavors/flavors';
import type { Instance, InstanceFlavor } from '#libs/compute/instances/instance.entity';
import { requireSameIds } from '#libs/compute/instances/spec/host-needs';

/**
 * The flavor that a resize asks for. Throws InvalidInputError where the caller does not know the flavor, the instance
 * has it already or its disk would shrink; ConflictError where the instance has no flavor or its id range would change.
 */
export async function flavorOfResize(
  tx: EntityManager,
  flavors: Flavors,
  by: Caller,
  instance: Instance,
  flavorId: string,
): Promise<InstanceFlavor> {
  const flavor = await flavors.get(by, flavorId, tx).catch((error: unknown) => {
    throw error instanceof NotFoundError ? new InvalidInputError('flavor', 'the id of a flavor') : error;
  });
  if (!instance.flavor) throw new ConflictError(`Instance ${instance.id} has no flavor that could be changed.`);
  if (flavor.id === instance.flavor.id) throw new InvalidInputError('flavor', 'another flavor than the present one');
  const { id, name, vcpus, ramMb, diskGb, extraSpecs } = flavor;
  if (diskGb < instance.diskGb)
    throw new InvalidInputError('flavor', 'a flavor whose disk is not smaller than the present one');
  const newFlavor = { id, name, vcpus, ramMb, diskGb, extraSpecs };
  requireSameIds(instance, newFlavor);
  return newFlavor;
}
