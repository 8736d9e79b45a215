import { rm } from 'node:fs/promises';
import type { Nic } from '#generated/lxstack/agent/v1/types';
import { ipBatchForce, removeLinks } from '../../network/commands.js';
import { hostVethName } from '../../network/interface-names.js';
import type { Network } from '../../network/network.js';
import { removeStaleCgroups } from '../../runtime/lxc/stale-cgroups.js';
import { announce } from '../guest-network/announce.js';
import type { MigrationDeps } from '../movable-instances.js';
import type { MigrationRecord } from '../migration-record.js';
import { moveDirectory } from '../move-directory.js';
import { FrameRedirect } from '../frames/frame-redirect.js';

/** ReleaseMigration: removes the instance's disk, NICs and redirect from the source, once it runs at the target. */
export async function releaseSource(deps: MigrationDeps, record: MigrationRecord): Promise<void> {
  const { spec } = record;
  const initPid = () => deps.instances.initPid(spec.id);
  if (record.targetVtep) await new FrameRedirect(deps.network, spec.nics, record.targetVtep, initPid).remove();
  await deps.network.detach(spec.nics);
  await deps.instances.releaseOutgoing(spec.id, record.nextEpoch);
  await removeStaleCgroups(deps.instances.cgroupDirectories(spec.id));
  await rm(moveDirectory(deps.runDirectory, record.migrationId), { recursive: true, force: true });
}

/** Removes the veths of a killed instance. The kernel does so later; until then a move back would find their names taken. */
export const removeVeths = (nics: readonly Nic[]): Promise<void> =>
  removeLinks(nics.map((nic) => hostVethName(nic.portId)));

/** Puts the NICs back into their bridges. The action script does so too, but fails where its agent died and the bridge went. */
export async function putNicsBack(network: Network, nics: readonly Nic[]): Promise<void> {
  const known = nics.filter((nic) => network.has(nic.networkId));
  await ipBatchForce(
    known.map((nic) => `link set ${hostVethName(nic.portId)} master ${network.bridgeName(nic.networkId)}`),
  );
}

/** After a failed move: gives the instance its network back. CRIU's action script did the first step, unless CRIU was killed. */
export async function putNetworkBack(
  { network, instances, logger }: MigrationDeps,
  { spec, migrationId }: MigrationRecord,
  redirect: FrameRedirect,
  wasFrozen: boolean,
): Promise<void> {
  try {
    if (wasFrozen) await putNicsBack(network, spec.nics);
    await redirect.undoCut();
    if (wasFrozen) await announce(await instances.initPid(spec.id), spec.nics);
  } catch (problem) {
    logger.error({ err: problem, migrationId }, 'network not fully put back');
  }
}
