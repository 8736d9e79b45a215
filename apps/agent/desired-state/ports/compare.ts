import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { chainOf } from '../../network/anti-spoofing.js';
import { bridgeOf, hostVethName } from '../../network/interface-names.js';
import { isDown } from '../../network/port-links.js';
import type { Kernel } from '../kernel.js';

/**
 * Differences of links and rules of this host's ports, in words. `rules`: the wanted rules by chain, as nft prints
 * them. A port whose instance does not run has no link. `apart`: as in peers/compare.ts.
 */
export function comparePorts(
  network: NetworkSpec,
  nics: readonly Nic[],
  apart: ReadonlySet<string>,
  rules: ReadonlyMap<string, string>,
  kernel: Kernel,
): string[] {
  const differences: string[] = [];
  for (const nic of nics) {
    const veth = hostVethName(nic.portId);
    const link = kernel.links.get(veth);
    if (link && !apart.has(nic.mac)) {
      const bridge = bridgeOf(network.vni);
      if (link.master !== bridge) differences.push(`port ${nic.portId} is in ${link.master || 'no bridge'}`);
      if (link.up === isDown(network, nic)) differences.push(`port ${nic.portId} is ${link.up ? 'up' : 'down'}`);
      if (link.mtu !== network.mtu) differences.push(`port ${nic.portId} has MTU ${link.mtu}, not ${network.mtu}`);
    }
    if (!kernel.watched.has(veth)) differences.push(`frames of port ${nic.portId} are not looked at`);
    if (kernel.chains.get(chainOf(nic)) !== rules.get(chainOf(nic)))
      differences.push(`the rules of port ${nic.portId} are not those it should have`);
  }
  return differences;
}
