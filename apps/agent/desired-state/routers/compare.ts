import type { KernelDifference, KernelDifferenceKind } from '#libs/agent-protocol/kernel-differences';
import { bridgeOf, routerLinkOf } from '../../network/interface-names.js';
import { routerChainOf } from '../../network/routers/router-rules.js';
import type { RouterSpec } from '../../network/routers/router-spec.js';
import type { Kernel } from '../kernel.js';

/** Differences of the routers' links in the network `vni`, and of the rules for what they send. */
export function compareRouters(vni: number, routers: readonly RouterSpec[], kernel: Kernel): KernelDifference[] {
  const differences: KernelDifference[] = [];
  const say = (kind: KernelDifferenceKind, message: string) => differences.push({ kind, message });
  for (const { id, interfaces } of routers)
    for (const { portId, mtu } of interfaces.filter((one) => one.vni === vni)) {
      const name = routerLinkOf(portId);
      const link = kernel.links.get(name);
      if (!link) say('router', `router ${id} is not in the network`);
      else {
        if (link.master !== bridgeOf(vni)) say('router', `router ${id} is in ${link.master || 'no bridge'}`);
        if (!link.up) say('router', `the link of router ${id} is down`);
        if (link.mtu !== mtu) say('router', `the link of router ${id} has MTU ${link.mtu}, not ${mtu}`);
      }
      if (!kernel.watched.has(name) || !kernel.chains.get(routerChainOf(portId)))
        say('router', `frames of router ${id} are not looked at`);
    }
  return differences;
}
