import type { EntityManager } from 'typeorm';
import { architectureOf, canonicalArchitecture } from '#libs/common/architecture';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { entityOf } from '#libs/database/entity-row';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Image } from '#libs/images/image.entity';
import { imageTarget } from '#libs/images/image-target';
import { allows } from '#libs/policy/policy';
import type { InstanceResources } from '../instance-resources.js';
import { FlavorTooSmallError, ImageNotReadyError, UnusableReferenceError } from '../instance.errors.js';

/**
 * The image, where the caller may make instances from it. It is locked, so that nobody deletes it before the caller's
 * transaction has written the instance that needs it (invariant 8). Throws UnusableReferenceError, ImageNotReadyError.
 */
export async function usableImage(tx: EntityManager, caller: Caller, id: string): Promise<Image> {
  const image = UUID.test(id) ? await lockedImage(tx, id) : null;
  const visible = image && allows(caller, 'get_image', imageTarget(image));
  if (!visible || image.status === 'deleted') throw new UnusableReferenceError('Image', id);
  if (image.status !== 'active') throw new ImageNotReadyError(id, image.status);
  return image;
}

/** As `usableImage`, but the image that the instance has already may be taken although it was deleted. */
export async function imageOfRebuild(
  tx: EntityManager,
  caller: Caller,
  id: string,
  present: string | null,
): Promise<Image> {
  const own = id === present ? await lockedImage(tx, id) : null;
  return own ?? usableImage(tx, caller, id);
}

/** The lock conflicts with that of whoever deletes or changes the image, not with others who use it. */
async function lockedImage(tx: EntityManager, id: string): Promise<Image | null> {
  const [row] = await tx.query<Record<string, unknown>[]>('SELECT * FROM images WHERE id = $1 FOR KEY SHARE', [id]);
  return row ? entityOf(tx, Image, row) : null;
}

/** Throws InvalidInputError where the instance stays on a host of another architecture than the image's. */
export async function requireArchitecture(tx: EntityManager, image: Image, hostId: string | null): Promise<void> {
  const wanted = architectureOf(image.properties);
  const host = wanted && hostId ? await tx.findOneBy(Host, { id: hostId }) : null;
  const own = typeof host?.facts.architecture === 'string' ? canonicalArchitecture(host.facts.architecture) : '';
  if (own && own !== wanted)
    throw new InvalidInputError('image', `an image for ${own}, as the server's host is, not for ${wanted}`);
}

/** Throws FlavorTooSmallError where the image needs more memory or disk. */
export function requireFits(given: Pick<InstanceResources, 'memoryMb' | 'diskGb'>, image: Image): void {
  if (image.minRam > given.memoryMb) throw new FlavorTooSmallError('memory', given.memoryMb, image.minRam);
  if (given.diskGb !== 0 && image.minDisk > given.diskGb)
    throw new FlavorTooSmallError('disk', given.diskGb, image.minDisk);
}
