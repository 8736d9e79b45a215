import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import type { KernelDifference, KernelDifferenceKind } from '#libs/agent-protocol/kernel-differences';
import { chainOf } from '../../network/anti-spoofing.js';
import { bridgeOf, hostVethName } from '../../network/interface-names.js';
import { isDown } from '../../network/port-links.js';
import type { Kernel } from '../kernel.js';

/**
 * Differences of links and rules of this host's ports. `rules`: the wanted rules by chain, as nft prints them. A port
 * whose instance does not run has no link. `apart`: as in peers/compare.ts.
 */
export function comparePorts(
  network: NetworkSpec,
  nics: readonly Nic[],
  apart: ReadonlySet<string>,
  rules: ReadonlyMap<string, string>,
  kernel: Kernel,
): KernelDifference[] {
  const differences: KernelDifference[] = [];
  const say = (kind: KernelDifferenceKind, message: string) => differences.push({ kind, message });
  for (const nic of nics) {
    const veth = hostVethName(nic.portId);
    const link = kernel.links.get(veth);
    if (link && !apart.has(nic.mac)) {
      const bridge = bridgeOf(network.vni);
      if (link.master !== bridge) say('port-link', `port ${nic.portId} is in ${link.master || 'no bridge'}`);
      if (link.up === isDown(network, nic)) say('port-link', `port ${nic.portId} is ${link.up ? 'up' : 'down'}`);
      if (link.mtu !== network.mtu) say('port-link', `port ${nic.portId} has MTU ${link.mtu}, not ${network.mtu}`);
    }
    if (!kernel.watched.has(veth)) say('port-rules', `frames of port ${nic.portId} are not looked at`);
    if (kernel.chains.get(chainOf(nic)) !== rules.get(chainOf(nic)))
      say('port-rules', `the rules of port ${nic.portId} are not those it should have`);
  }
  return differences;
}
