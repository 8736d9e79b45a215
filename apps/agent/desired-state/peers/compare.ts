import type { ForwardingEntry } from '#generated/lxstack/agent/v1/types';
import { bridgeOf, vxlanOf } from '../../network/interface-names.js';
import type { Kernel } from '../kernel.js';

/**
 * Differences of forwarding and neighbours, in words. `entries`: the peers on other hosts. `apart`: MACs whose
 * forwarding a call or a move decides at this moment.
 */
export function comparePeers(
  vni: number,
  entries: readonly ForwardingEntry[],
  apart: ReadonlySet<string>,
  kernel: Kernel,
): string[] {
  const differences: string[] = [];
  const fdb = kernel.fdb.get(vxlanOf(vni));
  const known = kernel.neighbours.get(bridgeOf(vni)) ?? new Map<string, string>();
  const [macs, addresses] = [new Set<string>(), new Set<string>()];
  for (const { mac, vtep, addresses: own } of entries) {
    macs.add(mac);
    own.forEach((address) => addresses.add(address));
    if (apart.has(mac)) continue;
    const sent = fdb?.self.get(mac);
    if (sent !== vtep) differences.push(`frames for ${mac} go to ${sent ?? 'nobody'}, not to ${vtep}`);
    if (sent && !fdb?.master.has(mac)) differences.push(`the bridge does not know where ${mac} is`);
    for (const address of own)
      if (known.get(address) !== mac)
        differences.push(`${address} is ${known.get(address) ?? 'nobody'} for its neighbours, not ${mac}`);
  }
  for (const [mac, vtep] of fdb?.self ?? [])
    if (!macs.has(mac) && !apart.has(mac)) differences.push(`frames for ${mac} go to ${vtep}: nobody has it there`);
  for (const [address, mac] of known)
    if (!addresses.has(address) && !apart.has(mac))
      differences.push(`${address} is ${mac} for its neighbours: nobody has it`);
  return differences;
}
