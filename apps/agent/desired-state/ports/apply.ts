import type { ApplyContext } from '../apply-context.js';

/**
 * Sets rules and links of the ports that changed, or of all the network's ports (a changed subnet changes their rules).
 */
export async function applyPorts(
  { document, network }: ApplyContext,
  networkId: string,
  all: boolean,
  portIds: readonly string[],
): Promise<void> {
  const ofNetwork = [...document.ports].filter(([, port]) => port.networkId === networkId).map(([id]) => id);
  await network.applyPorts(networkId, all ? ofNetwork : portIds);
}
