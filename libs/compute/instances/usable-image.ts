import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { UUID } from '#libs/common/names';
import { Image } from '#libs/images/image.entity';
import { BadRequestError } from './instance.errors.js';

/** Nova: an image that is not there or not active is a bad request here, not a 404. Throws BadRequestError. */
export async function usableImage(tx: EntityManager, caller: Caller, id: string): Promise<Image> {
  const image = UUID.test(id) ? await tx.findOneBy(Image, { id }) : null;
  const open = image && ['public', 'community'].includes(image.visibility);
  const visible = image && (open || caller.isAdmin || image.projectId === caller.projectId);
  if (!visible || image.status === 'deleted') throw new BadRequestError(`Can not find requested image ${id}`);
  if (image.status !== 'active') throw new BadRequestError(`Image ${id} is not active.`);
  return image;
}
