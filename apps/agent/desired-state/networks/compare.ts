import type { NetworkSpec } from '#generated/lxstack/agent/v1/types';
import { bridgeOf, vxlanOf } from '../../network/interface-names.js';
import type { KernelDifference } from '#libs/agent-protocol/kernel-differences';
import type { Kernel } from '../kernel.js';

/** Differences of the network's devices. */
export function compareNetwork({ vni, mtu }: NetworkSpec, { links }: Kernel): KernelDifference[] {
  const [bridge, vxlan] = [bridgeOf(vni), vxlanOf(vni)];
  const differences: KernelDifference[] = [];
  const say = (message: string) => differences.push({ kind: 'network-device', message });
  for (const name of [bridge, vxlan]) {
    const link = links.get(name);
    if (!link) say(`device ${name} is not there`);
    else {
      if (!link.up) say(`device ${name} is down`);
      if (link.mtu !== mtu) say(`device ${name} has MTU ${link.mtu}, not ${mtu}`);
    }
  }
  const tunnel = links.get(vxlan);
  if (tunnel && tunnel.master !== bridge) say(`device ${vxlan} is in ${tunnel.master || 'no bridge'}`);
  if (tunnel && tunnel.vni !== vni) say(`device ${vxlan} has VNI ${tunnel.vni}`);
  return differences;
}
