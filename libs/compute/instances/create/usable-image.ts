import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { UUID } from '#libs/common/names';
import { Image } from '#libs/images/image.entity';
import { imageTarget } from '#libs/images/image-target';
import { allows } from '#libs/policy/policy';
import type { InstanceResources } from '../instance-resources.js';
import { BadRequestError, FlavorTooSmallError } from '../instance.errors.js';

/**
 * Nova: an image that is not there or not active is a bad request here, not a 404. Throws BadRequestError. It cannot be
 * deleted before the transaction has ended, in which a server begins to need it (invariant 8).
 */
export async function usableImage(tx: EntityManager, caller: Caller, id: string): Promise<Image> {
  const image = UUID.test(id) ? await lockedImage(tx, id) : null;
  const visible = image && allows(caller, 'get_image', imageTarget(image));
  if (!visible || image.status === 'deleted') throw new BadRequestError(`Can not find requested image ${id}`);
  if (image.status !== 'active') throw new BadRequestError(`Image ${id} is not active.`);
  return image;
}

/** As `usableImage`; a server may be built again from the image that it has, deleted or not. */
export async function imageOfRebuild(
  tx: EntityManager,
  caller: Caller,
  id: string,
  present: string | null,
): Promise<Image> {
  const own = id === present ? await lockedImage(tx, id) : null;
  return own ?? usableImage(tx, caller, id);
}

/** Conflicts with the lock of who deletes or changes it, not with others who use it. */
function lockedImage(tx: EntityManager, id: string): Promise<Image | null> {
  return tx.findOne(Image, { where: { id }, lock: { mode: 'for_key_share' } });
}

/** Throws FlavorTooSmallError. */
export function requireFits(given: Pick<InstanceResources, 'memoryMb' | 'diskGb'>, image: Image): void {
  if (image.minRam > given.memoryMb) throw new FlavorTooSmallError("Flavor's memory is too small for requested image.");
  if (given.diskGb !== 0 && image.minDisk > given.diskGb)
    throw new FlavorTooSmallError("The size of the flavor's disk is smaller than the minimum size of the image.");
}
