import type { EntityManager } from 'typeorm';
import type { Instance } from '#libs/compute/instances/instance.entity';
import { Image } from '#libs/images/image.entity';

/**
 * Why no other host can be told of the instance: the record of the image that it was made from is gone (a deleted image
 * keeps it since servers are asked first; before, it did not). Read by primary key.
 */
export async function blocksImage(tx: EntityManager, { imageId }: Pick<Instance, 'imageId'>): Promise<string[]> {
  if (imageId === null || (await tx.existsBy(Image, { id: imageId }))) return [];
  return [`The record of its image ${imageId} is gone: no other host can be given what the instance was made from.`];
}
