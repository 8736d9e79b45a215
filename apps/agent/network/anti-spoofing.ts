import type { AddressPair, Nic } from '#generated/lxstack/agent/v1/types';
import { isIPv4 } from 'node:net';
import { hostVethName } from './interface-names.js';
import { METADATA_V4, METADATA_V6, metadataRules } from './metadata-rules.js';

const TABLE = 'bridge lxstack';

/** Family and name of the table with all of our rules. */
export const baseTable = TABLE;

/** Name of the port's chain. */
export const chainOf = (nic: Nic): string => `p-${hostVethName(nic.portId)}`;

/**
 * One chain per port, found by the veth's name in a verdict map, so that the chain can be there before the veth: no
 * frame of a port passes without its rules. Frames from the veth are judged before the bridge sees them.
 */
export const baseRules = `add table ${TABLE}
add map ${TABLE} ports { type ifname : verdict; }
add chain ${TABLE} prerouting { type filter hook prerouting priority -300; policy accept; }
flush chain ${TABLE} prerouting
add rule ${TABLE} prerouting iifname vmap @ports
`;

/**
 * nft commands that make the port's chain. `down`: nothing may come from the port, whatever the state of its link (a
 * move plugs it in up).
 */
export function protectPort(nic: Nic, down = false): string {
  const veth = hostVethName(nic.portId);
  const chain = `${TABLE} p-${veth}`;
  return [
    `add chain ${chain}`,
    `flush chain ${chain}`,
    ...portRules(nic, down).map((rule) => `add rule ${chain} ${rule}`),
    `add element ${TABLE} ports { "${veth}" : jump p-${veth} }`,
    '',
  ].join('\n');
}

/**
 * The port's rules: only its MAC and its addresses may send; no DHCP server's answers, no router advertisements.
 * Without port security there are those of the metadata service only.
 */
export function portRules(nic: Nic, down: boolean): string[] {
  if (down) return ['drop'];
  const pairs = nic.filter?.allowedAddressPairs ?? [];
  if (nic.portSecurity && pairs.length) return pairedRules(nic, pairs);
  const v4 = nic.fixedIps.map((ip) => ip.address).filter((address) => isIPv4(address));
  const v6 = nic.fixedIps.map((ip) => ip.address).filter((address) => !isIPv4(address));
  if (!nic.portSecurity) return metadataRules(nic);
  return [
    ...metadataRules(nic),
    `ether saddr != ${nic.mac} drop`,
    `ether type arp arp saddr ether != ${nic.mac} drop`,
    `ether type arp arp saddr ip != { ${['0.0.0.0', ...v4].join(', ')} } drop`,
    'ether type ip udp sport 67 drop',
    'ether type ip ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept',
    v4.length ? `ether type ip ip saddr != { ${v4.join(', ')} } drop` : 'ether type ip drop',
    'ether type ip6 udp sport 547 drop',
    'ether type ip6 icmpv6 type nd-router-advert drop',
    ...neighbourRules(v6),
    `ether type ip6 ip6 saddr != { ${['::', 'fe80::/10', ...v6].join(', ')} } drop`,
    'ether type { arp, ip, ip6 } accept',
    'drop',
  ];
}

/** A guest tells neighbours of its addresses (or ranges) and of link-local ones, of no others. */
const neighbourRules = (addresses: readonly string[]): string[] => [
  `ether type ip6 icmpv6 type nd-neighbor-advert icmpv6 taddr != { ${['fe80::/10', ...addresses].join(', ')} } drop`,
];

/**
 * The same for a port that may also send from other pairs of MAC and addresses (Neutron: allowed_address_pairs), which are
 * single addresses and ranges.
 */
function pairedRules(nic: Nic, pairs: readonly AddressPair[]): string[] {
  const own = nic.fixedIps.map(({ address }) => ({ mac: nic.mac, addresses: address }));
  const all = [...own, ...pairs];
  const isV4 = ({ addresses }: AddressPair) => isIPv4(addresses.split('/')[0] ?? '');
  const macs = [...new Set([nic.mac, ...pairs.map(({ mac }) => mac)])];
  const listed = (some: readonly AddressPair[]) =>
    `{ ${[...new Set(some.map(({ mac, addresses }) => `${mac} . ${addresses}`))].join(', ')} }`;
  const with4 = all.filter(isV4);
  const with6 = all.filter((pair) => !isV4(pair));
  const unset = macs.map((mac) => ({ mac, addresses: '0.0.0.0' }));
  const local = macs.flatMap((mac) => ['::', 'fe80::/10'].map((addresses) => ({ mac, addresses })));
  return [
    `ether saddr != { ${macs.join(', ')} } drop`,
    `ether type arp arp saddr ether != { ${macs.join(', ')} } drop`,
    `ether type arp arp saddr ether . arp saddr ip != ${listed([...unset, ...with4])} drop`,
    'ether type ip udp sport 67 drop',
    'ether type ip ip saddr 0.0.0.0 udp sport 68 udp dport 67 accept',
    with4.length ? `ether type ip ether saddr . ip saddr != ${listed(with4)} drop` : 'ether type ip drop',
    'ether type ip6 udp sport 547 drop',
    'ether type ip6 icmpv6 type nd-router-advert drop',
    ...neighbourRules([...new Set(with6.map(({ addresses }) => addresses))]),
    `ether type ip6 ether saddr . ip6 saddr != ${listed([...local, ...with6])} drop`,
    'ether type { arp, ip, ip6 } accept',
    'drop',
  ];
}

/**
 * nft commands for the port of a network's services: only answers of DHCP and metadata may leave it, because its
 * addresses are the same on every host. `served`: those of DHCP, with prefix lengths; they also answer ping, as Neutron's
 * DHCP port does.
 */
export function protectServices(device: string, served: readonly string[]): string {
  const v4 = served.map((address) => address.split('/')[0]!).filter((address) => isIPv4(address));
  return [
    `add chain ${TABLE} p-${device}`,
    `flush chain ${TABLE} p-${device}`,
    `add rule ${TABLE} p-${device} ether type ip udp sport 67 udp dport 68 accept`,
    `add rule ${TABLE} p-${device} ether type arp arp saddr ip { ${[METADATA_V4, ...v4].join(', ')} } accept`,
    ...(v4.length
      ? [`add rule ${TABLE} p-${device} ether type ip ip saddr { ${v4.join(', ')} } icmp type echo-reply accept`]
      : []),
    `add rule ${TABLE} p-${device} ether type ip ip saddr ${METADATA_V4} tcp sport 80 accept`,
    `add rule ${TABLE} p-${device} ether type ip6 ip6 saddr ${METADATA_V6} tcp sport 80 accept`,
    `add rule ${TABLE} p-${device} ether type ip6 ip6 saddr ${METADATA_V6} icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept`,
    `add rule ${TABLE} p-${device} drop`,
    `add element ${TABLE} ports { "${device}" : jump p-${device} }`,
    '',
  ].join('\n');
}

/** nft commands that remove the chain; `add` before `delete` lets them succeed where there is none. */
export function unprotect(device: string): string {
  return [
    `add chain ${TABLE} p-${device}`,
    `add element ${TABLE} ports { "${device}" : jump p-${device} }`,
    `delete element ${TABLE} ports { "${device}" }`,
    `flush chain ${TABLE} p-${device}`,
    `delete chain ${TABLE} p-${device}`,
    '',
  ].join('\n');
}
