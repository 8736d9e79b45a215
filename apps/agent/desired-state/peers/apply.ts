import type { Ground } from '../ground.js';
import { entryOf } from '../specs.js';

/**
 * Sets where frames for the peers `ids`, or for all peers of the network, are sent. `gone`: MACs that no peer has any
 * more.
 */
export async function applyPeers(
  { document, network }: Ground,
  networkId: string,
  ids: ReadonlySet<string> | 'all' | undefined,
  gone: ReadonlySet<string> | undefined,
): Promise<void> {
  if (ids === 'all') return network.applyPeers(networkId);
  const peers = document.peers.get(networkId);
  const entries = [...(ids ?? [])].flatMap((id) => peers?.get(id) ?? []).map(entryOf);
  await network.applyPeers(networkId, { entries, removedMacs: [...(gone ?? [])] });
}
