import { rm } from 'node:fs/promises';
import type { NetworkForwarding } from '#generated/lxstack/agent/v1/agent';
import { removeStaleCgroups } from '../../runtime/lxc/stale-cgroups.js';
import { orEmpty, runningPid } from '../criu/checkpoint-process.js';
import type { MigrationDeps } from '../movable-instances.js';
import { pagesMapped } from '../memory/lazy-pages.js';
import type { MigrationRecord } from '../migration-record.js';
import { makeMoveDirectory, moveDirectory } from '../move-directory.js';
import { moveFile } from '../move-files.js';

/** What can be made before the source is asked to do anything. */
export async function prepareTarget(
  { network, instances, runDirectory }: MigrationDeps,
  { spec, nextEpoch, migrationId }: MigrationRecord,
  forwarding: readonly NetworkForwarding[],
): Promise<void> {
  await network.attach(spec);
  for (const { networkId, entries } of forwarding) await network.setForwarding(networkId, entries, [], false);
  await instances.prepareIncoming(spec, nextEpoch);
  await makeMoveDirectory(runDirectory, migrationId);
}

/** After an abort, when nothing of it runs: what was made for it at the target goes. */
export async function discardTarget(deps: MigrationDeps, record: MigrationRecord): Promise<void> {
  await deps.instances.discardIncoming(record.spec.id);
  await deps.network.detach(record.spec.nics);
  await clearTarget(deps, record);
}

/** What is the move's alone, and no instance's. */
export async function clearTarget(deps: MigrationDeps, { spec, migrationId }: MigrationRecord): Promise<void> {
  await removeStaleCgroups(deps.instances.cgroupDirectories(spec.id));
  await rm(moveDirectory(deps.runDirectory, migrationId), { recursive: true, force: true });
}

/**
 * After the commit. Its memory is read from the images until every page is mapped: they go when it is. What cannot get its
 * pages any more is lost.
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
    Object.assign(progress, { failedStep: 'lazy-pages', reason });
    logger.error(ids, reason);
    // Reported as any end of an instance. What was started from its disk meanwhile is another one.
    const restored = Number(await orEmpty(moveFile(directory, 'initPid')));
    if ((await runningPid(instances, spec.id)) === restored) await instances.kill(spec.id);
  }
  if (outcome === 'mapped') logger.info({ ...ids, ms: performance.now() - started }, 'memory mapped');
  await rm(directory, { recursive: true, force: true });
}
