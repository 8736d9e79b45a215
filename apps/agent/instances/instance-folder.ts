import { chmod, mkdir } from 'node:fs/promises';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { isPrivileged } from '../images/id-maps.js';

/**
 * An instance's folder. Its users pass through to its root; where its root is the host's, nobody else may: a setuid
 * program in there would be one for the host's users.
 */
export async function makeFolder(path: string, spec: InstanceSpec): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, isPrivileged(spec) ? 0o700 : 0o711);
}
