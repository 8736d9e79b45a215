import type { Ground } from '../ground.js';
import { entryOf } from '../specs.js';

/** Where frames of other ports go: those of `ids`, or all of the network. `gone`: MACs that nobody has any more. */
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
