import type { ApplyContext } from '../apply-context.js';

/** DHCP: serves the network's subnets, with gateways, name servers and routes, to the ports on this host. */
export async function applySubnets({ network }: ApplyContext, networkId: string): Promise<void> {
  await network.applySubnets(networkId);
}
