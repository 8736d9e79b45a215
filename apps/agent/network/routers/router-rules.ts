import { isIPv4 } from 'node:net';
import { baseTable } from '../anti-spoofing.js';
import { routerLinkOf } from '../interface-names.js';
import type { RouterInterfaceSpec } from './router-spec.js';

/** Name of the chain that a router's frames pass. */
export const routerChainOf = (portId: string): string => `p-${routerLinkOf(portId)}`;

/** A router sends with its own MAC, and tells of no address but its own: what it routes keeps its sender's address. */
export function routerRules({ mac, addresses }: RouterInterfaceSpec): string[] {
  const v4 = addresses.map(({ address }) => address).filter((address) => isIPv4(address));
  return [
    `ether saddr != ${mac} drop`,
    `ether type arp arp saddr ether != ${mac} drop`,
    v4.length ? `ether type arp arp saddr ip != { ${v4.join(', ')} } drop` : 'ether type arp drop',
    'ether type { arp, ip, ip6 } accept',
    'drop',
  ];
}

/** nft commands that make the interface's chain; it is there before the link is. */
export function guardRouter(one: RouterInterfaceSpec): string {
  const [link, chain] = [routerLinkOf(one.portId), `${baseTable} ${routerChainOf(one.portId)}`];
  return [
    `add chain ${chain}`,
    `flush chain ${chain}`,
    ...routerRules(one).map((rule) => `add rule ${chain} ${rule}`),
    `add element ${baseTable} ports { "${link}" : jump ${routerChainOf(one.portId)} }`,
    '',
  ].join('\n');
}
