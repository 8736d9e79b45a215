import type { EntityManager } from 'typeorm';
import type { Instance } from '#libs/compute/instances/instance.entity';
import { Image } from '#libs/images/image.entity';

/**
 * A reason against any move: the record of the image from which the instance was made is gone, so no other host can be
 * told what its root is. Deleted images keep their record since v0.2 (invariant 8); before, they lost it. Index:
 * primary key.
 */
export async function blocksImage(tx: EntityManager, { imageId }: Pick<Instance, 'imageId'>): Promise<string[]> {
  if (imageId === null || (await tx.existsBy(Image, { id: imageId }))) return [];
  return [`The record of its image ${imageId} is gone: no other host can be given what the instance was made from.`];
}
