import { chmod, mkdir } from 'node:fs/promises';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { isPrivileged } from '../images/id-maps.js';

/**
 * Makes an instance's folder. Users of its id range may pass through to the root; where the root is the host's, nobody
 * else may, since a setuid program in there would work for the host's users.
 */
export async function makeFolder(path: string, spec: InstanceSpec): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, isPrivileged(spec) ? 0o700 : 0o711);
}
