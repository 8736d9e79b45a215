import type { EntityManager } from 'typeorm';

/**
 * SQL: a server needs the image `i`, because it was made from it, or because a rebuild that may still fail replaces it.
 * Indexes: instances_of_image, operations_unfinished.
 */
export const IS_NEEDED = `(
  EXISTS (SELECT FROM instances n WHERE n.image_id = i.id AND n.deleted_at IS NULL)
  OR EXISTS (SELECT FROM operations o WHERE o.state IN ('pending', 'running', 'undoing')
    AND o.kind = 'instance.rebuild' AND o.input ->> 'previousImageId' = i.id::text))`;

/**
 * Whether a server of any project needs the image. The caller has locked the image's row FOR UPDATE, so that no server
 * begins to need it meanwhile.
 */
export async function isNeeded(tx: EntityManager, imageId: string): Promise<boolean> {
  const rows = await tx.query<unknown[]>(`SELECT FROM images i WHERE i.id = $1 AND ${IS_NEEDED}`, [imageId]);
  return rows.length > 0;
}
