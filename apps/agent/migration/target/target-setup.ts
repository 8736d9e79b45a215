import { rm } from 'node:fs/promises';
import type { NetworkForwarding } from '#generated/lxstack/agent/v1/agent';
import { removeStaleCgroups } from '../../runtime/lxc/stale-cgroups.js';
import { orEmpty, runningPid } from '../criu/checkpoint-process.js';
import type { MigrationDeps } from '../movable-instances.js';
import { pagesMapped } from '../memory/lazy-pages.js';
import type { MigrationRecord } from '../migration-record.js';
import { makeMoveDirectory, moveDirectory } from '../move-directory.js';
import { moveFile } from '../move-files.js';

/** `failedStep` of a move whose instance was killed after the commit, for want of its memory. */
export const LAZY_PAGES = 'lazy-pages';

/** Makes at the target what a move needs before the source does anything: network, empty disk, directory. */
export async function prepareTarget(
  { network, instances, runDirectory }: MigrationDeps,
  { spec, nextEpoch, migrationId }: MigrationRecord,
  forwarding: readonly NetworkForwarding[],
): Promise<void> {
  network.arriving(spec.nics);
  await network.attach(spec);
  for (const { networkId, entries } of forwarding) await network.setForwarding(networkId, entries, [], false);
  await instances.prepareIncoming(spec, nextEpoch);
  await makeMoveDirectory(runDirectory, migrationId);
}

/** After an abort, when no task runs: removes what `prepareTarget` made. */
export async function discardTarget(deps: MigrationDeps, record: MigrationRecord): Promise<void> {
  await deps.instances.discardIncoming(record.spec.id);
  await deps.network.detach(record.spec.nics);
  await clearTarget(deps, record);
}

/** Removes what belongs to the move and not to the instance: stale cgroups and the move's directory. */
export async function clearTarget(deps: MigrationDeps, { spec, migrationId }: MigrationRecord): Promise<void> {
  await removeStaleCgroups(deps.instances.cgroupDirectories(spec.id));
  await rm(moveDirectory(deps.runDirectory, migrationId), { recursive: true, force: true });
}

/**
 * After the commit: removes the images when every page is mapped, for `criu lazy-pages` reads pages from them until then.
 * Kills the instance when its pages cannot come any more.
 */
export async function removeImages(
  { instances, logger, runDirectory }: MigrationDeps,
  { spec, migrationId, progress }: MigrationRecord,
): Promise<void> {
  const directory = moveDirectory(runDirectory, migrationId);
  const ids = { migrationId, instanceId: spec.id };
  const started = performance.now();
  const outcome = await pagesMapped(directory);
  if (outcome === 'lost') {
    const reason = 'criu lazy-pages ended before all memory was mapped: the instance was killed';
    Object.assign(progress, { failedStep: LAZY_PAGES, reason });
    logger.error(ids, reason);
    // Only the restored init: the instance may have been started anew from its disk. The agent reports the end like any other.
    const restored = Number(await orEmpty(moveFile(directory, 'initPid')));
    if ((await runningPid(instances, spec.id)) === restored) await instances.kill(spec.id);
  }
  if (outcome === 'mapped') logger.info({ ...ids, ms: performance.now() - started }, 'memory mapped');
  await rm(directory, { recursive: true, force: true });
}
