import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { ConflictError } from '#libs/common/errors';

/**
 * LXD: source `none`: the instance exists with an empty root file system. Throws ConflictError where nobody has put an
 * init into it yet. `rootfs`: where the root is mounted.
 */
export async function requireInit(spec: InstanceSpec, rootfs: string): Promise<void> {
  if (spec.image) return;
  const found = await lstat(join(rootfs, 'sbin/init')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!found) throw new ConflictError(`instance ${spec.id} was made without an image and has no /sbin/init to start`);
}
