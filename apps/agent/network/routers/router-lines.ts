import { bridgeOf, routerLinkOf } from '../interface-names.js';
import type { RouterInterfaceSpec, RouterSpec } from './router-spec.js';

/** The inside of a router's namespace as the kernel has it. */
export interface RouterSeen {
  /** By name of the link: its MAC, MTU, whether it is up, and addresses such as 10.0.0.1/24. Without lo. */
  links: ReadonlyMap<string, { mac: string; mtu: number; up: boolean; addresses: readonly string[] }>;
  /** The extra routes, such as `10.9.0.0/24 via 10.0.0.7`. */
  routes: readonly string[];
}

/** Settings of the router's namespace. */
export const routerSysctls = [
  'net.ipv4.ip_forward=1',
  'net.ipv6.conf.all.forwarding=1',
  // The way back may lead through another host's copy of the router.
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv4.conf.all.send_redirects=0',
  'net.ipv4.conf.default.send_redirects=0',
  'net.ipv6.conf.default.accept_dad=0',
  'net.ipv6.conf.default.accept_ra=0',
  // A link whose MAC is set tells its addresses (tellingLines).
  'net.ipv4.conf.default.arp_notify=1',
  'net.ipv6.conf.default.ndisc_notify=1',
] as const;

/** Lines for `ip -batch` on the host that make the interface's veth and put it into the network's bridge. */
export function outerLines(
  namespace: string,
  { portId, vni, mtu, mac }: RouterInterfaceSpec,
  isMade: boolean,
): string[] {
  const link = routerLinkOf(portId);
  const make = `link add ${link} mtu ${mtu} type veth peer name ${link} address ${mac} mtu ${mtu} netns ${namespace}`;
  return [...(isMade ? [] : [make]), `link set ${link} mtu ${mtu} master ${bridgeOf(vni)} addrgenmode none up`];
}

/** Lines for `ip -n NAMESPACE -batch` that make of what is there what should be there; none where it is so already. */
export function innerLines({ interfaces, routes }: RouterSpec, seen: RouterSeen): string[] {
  const lines: string[] = [];
  const wanted = new Set(interfaces.map(({ portId }) => routerLinkOf(portId)));
  for (const name of seen.links.keys()) if (!wanted.has(name)) lines.push(`link del ${name}`);
  for (const one of interfaces) lines.push(...interfaceLines(one, seen));
  const present = new Set(seen.routes);
  const kept = new Set(routes.map(routeOf));
  for (const route of present) if (!kept.has(route)) lines.push(`route del ${route} proto static`);
  for (const route of kept) if (!present.has(route)) lines.push(`route add ${route} proto static`);
  return lines;
}

function interfaceLines({ portId, mac, mtu, addresses }: RouterInterfaceSpec, seen: RouterSeen): string[] {
  const link = routerLinkOf(portId);
  const now = seen.links.get(link);
  const lines: string[] = [];
  if (now?.mac !== mac) lines.push(`link set ${link} down`, `link set ${link} address ${mac}`);
  if (!now?.up || now.mac !== mac) lines.push(`link set ${link} up`);
  if (now?.mtu !== mtu) lines.push(`link set ${link} mtu ${mtu}`);
  const wanted = addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  const present = now?.addresses ?? [];
  for (const address of present) if (!wanted.includes(address)) lines.push(`addr del ${address} dev ${link}`);
  for (const address of wanted)
    if (!present.includes(address))
      lines.push(`addr add ${address} dev ${link}${address.includes(':') ? ' nodad' : ''}`);
  return lines;
}

/**
 * Lines for `ip -n NAMESPACE -batch` by which the kernel tells the network the MAC of the interface's addresses. Guests may
 * know another one for their gateway, of an interface before this, and would keep it for half a minute.
 */
export const tellingLines = (interfaces: readonly RouterInterfaceSpec[]): string[] =>
  interfaces.map(({ portId, mac }) => `link set ${routerLinkOf(portId)} address ${mac}`);

const routeOf = ({ destination, nexthop }: RouterSpec['routes'][number]): string => `${destination} via ${nexthop}`;
