import type { SettledPort } from '../../network/host-network-state.js';
import type { ApplyContext } from '../apply-context.js';
import { entryOf } from '../specs.js';

/**
 * Sets where frames for the peers `ids`, or for all peers of the network, are sent. `gone`: MACs that no peer has any
 * more.
 */
export async function applyPeers(
  { document, network, movingMacs }: ApplyContext,
  networkId: string,
  ids: ReadonlySet<string> | 'all' | undefined,
  gone: ReadonlySet<string> | undefined,
): Promise<void> {
  if (ids === 'all') return network.applyAllPeers(networkId, movingMacs());
  const peers = document.peers.get(networkId);
  const entries = [...(ids ?? [])].flatMap((id) => peers?.get(id) ?? []).map(entryOf);
  await network.applyPeers(networkId, { entries, removedMacs: [...(gone ?? [])] }, movingMacs());
}

/** Ports that a call has brought here or taken away, and that it has its hand on no more: what the document says of them. */
export async function applySettled(
  context: ApplyContext,
  networkId: string,
  ports: readonly SettledPort[],
): Promise<void> {
  const peers = context.document.peers.get(networkId);
  const [told, gone] = [new Set<string>(), new Set<string>()];
  for (const { portId, mac } of ports)
    if (peers?.has(portId)) told.add(portId);
    else gone.add(mac);
  await applyPeers(context, networkId, told, gone);
}
