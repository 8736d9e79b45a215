import type { ForwardingEntry } from '#generated/lxstack/agent/v1/types';
import { bridgeOf, vxlanOf } from '../../network/interface-names.js';
import type { KernelDifference, KernelDifferenceKind } from '#libs/agent-protocol/kernel-differences';
import type { Kernel } from '../kernel.js';

/**
 * Differences of forwarding and neighbours. `entries`: the peers on other hosts. `apart`: MACs whose forwarding a call or
 * a move decides at this moment.
 */
export function comparePeers(
  vni: number,
  entries: readonly ForwardingEntry[],
  apart: ReadonlySet<string>,
  kernel: Kernel,
): KernelDifference[] {
  const differences: KernelDifference[] = [];
  const say = (kind: KernelDifferenceKind, message: string) => differences.push({ kind, message });
  const fdb = kernel.fdb.get(vxlanOf(vni));
  const known = kernel.neighbours.get(bridgeOf(vni)) ?? new Map<string, string>();
  const [macs, addresses] = [new Set<string>(), new Set<string>()];
  for (const { mac, vtep, addresses: own } of entries) {
    macs.add(mac);
    own.forEach((address) => addresses.add(address));
    if (apart.has(mac)) continue;
    const sent = fdb?.self.get(mac);
    if (sent !== vtep) say('forwarding', `frames for ${mac} go to ${sent ?? 'nobody'}, not to ${vtep}`);
    if (sent && !fdb?.master.has(mac)) say('forwarding', `the bridge does not know where ${mac} is`);
    for (const address of own)
      if (known.get(address) !== mac)
        say('neighbour', `${address} is ${known.get(address) ?? 'nobody'} for its neighbours, not ${mac}`);
  }
  for (const [mac, vtep] of fdb?.self ?? [])
    if (!macs.has(mac) && !apart.has(mac))
      say('forwarding-left', `frames for ${mac} go to ${vtep}: nobody has it there`);
  for (const mac of fdb?.master ?? [])
    if (!macs.has(mac) && !apart.has(mac) && !fdb!.self.has(mac))
      say('forwarding-left', `the bridge sends frames for ${mac} to the tunnel: nobody has it there`);
  for (const [address, mac] of known)
    if (!addresses.has(address) && !apart.has(mac))
      say('neighbour-left', `${address} is ${mac} for its neighbours: nobody has it`);
  return differences;
}
