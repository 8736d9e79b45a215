import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UUID, requireName } from '#libs/common/names';
import { moveFile } from './move-files.js';

/** The scripts are no part of what tsc builds: they are run where they lie in the repository. */
export const scriptsDirectory = fileURLToPath(
  new URL('../../../../apps/agent/migration/criu/scripts', import.meta.url),
);

/** The directory of a move's files below the agent's run directory. Throws where the id is no UUID. */
export const moveDirectory = (runDirectory: string, migrationId: string): string =>
  join(runDirectory, 'moves', requireName('migration_id', migrationId, UUID, 'a UUID'));

/** A fresh one; images and FIFOs of an earlier try are gone. */
export async function makeMoveDirectory(runDirectory: string, migrationId: string): Promise<string> {
  const directory = moveDirectory(runDirectory, migrationId);
  await emptyMoveDirectory(directory);
  return directory;
}

/** Makes it anew: of an earlier try nothing is left. */
export async function emptyMoveDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // CRIU reads them as the instance's own root, by a descriptor of this directory: nobody else gets through the one above.
  await mkdir(moveFile(directory, 'images'), { mode: 0o755 });
}

/** The environment of lxc-checkpoint, passed on to the `criu` wrapper and the action script. */
export function moveEnvironment(
  directory: string,
  role: 'source' | 'target',
  veths: readonly string[],
  bridges: readonly string[] = [],
): NodeJS.ProcessEnv {
  return {
    PATH: `${scriptsDirectory}:/usr/sbin:/usr/bin:/sbin:/bin`,
    LXSTACK_MOVE_DIR: directory,
    LXSTACK_MOVE_SCRIPTS: scriptsDirectory,
    LXSTACK_MOVE_ROLE: role,
    LXSTACK_MOVE_VETHS: veths.join(' '),
    LXSTACK_MOVE_BRIDGES: bridges.join(' '),
  };
}
