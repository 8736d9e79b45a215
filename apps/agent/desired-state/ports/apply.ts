import type { Ground } from '../ground.js';

/** Rules and links of the ports that changed, or of all of the network's (a changed subnet changes what ports have). */
export async function applyPorts(
  { document, network }: Ground,
  networkId: string,
  all: boolean,
  portIds: readonly string[],
): Promise<void> {
  const ofNetwork = [...document.ports].filter(([, port]) => port.networkId === networkId).map(([id]) => id);
  await network.applyPorts(networkId, all ? ofNetwork : portIds);
}
