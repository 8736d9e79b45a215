import type { Ground } from '../ground.js';

/** DHCP: the network's subnets with their gateways, name servers and routes, for the ports that are plugged in here. */
export async function applySubnets({ network }: Ground, networkId: string): Promise<void> {
  await network.applySubnets(networkId);
}
