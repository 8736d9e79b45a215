import type { NetworkSpec } from '#generated/lxstack/agent/v1/types';
import { bridgeOf, vxlanOf } from '../../network/interface-names.js';
import type { Kernel } from '../kernel.js';

/** Differences of the network's devices, in words. */
export function compareNetwork({ vni, mtu }: NetworkSpec, { links }: Kernel): string[] {
  const [bridge, vxlan] = [bridgeOf(vni), vxlanOf(vni)];
  const differences: string[] = [];
  for (const name of [bridge, vxlan]) {
    const link = links.get(name);
    if (!link) differences.push(`device ${name} is not there`);
    else {
      if (!link.up) differences.push(`device ${name} is down`);
      if (link.mtu !== mtu) differences.push(`device ${name} has MTU ${link.mtu}, not ${mtu}`);
    }
  }
  const tunnel = links.get(vxlan);
  if (tunnel && tunnel.master !== bridge) differences.push(`device ${vxlan} is in ${tunnel.master || 'no bridge'}`);
  if (tunnel && tunnel.vni !== vni) differences.push(`device ${vxlan} has VNI ${tunnel.vni}`);
  return differences;
}
