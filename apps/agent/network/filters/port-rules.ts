import type { PortFilter } from '#generated/lxstack/agent/v1/types';
import { groupChain } from './names.js';
import type { Direction } from './names.js';
import { marks } from './tracking.js';

/** What a port's chain needs beyond its filter. */
export interface PortState {
  filter: PortFilter;
  /** Answers pass because of their question: one of the port's groups is stateful. */
  stateful: boolean;
  /** Connections whose begin was not seen here are judged like new ones, not dropped. */
  loose: boolean;
}

/**
 * What may pass a port, whatever its groups say (Neutron does the same): address resolution, DHCP between client and
 * server, neighbour discovery and multicast listening.
 */
const always: Readonly<Record<Direction, readonly string[]>> = {
  i: [
    'meta protocol arp accept',
    'meta protocol ip udp sport 67 udp dport 68 accept',
    'meta protocol ip6 udp sport 547 udp dport 546 accept',
    'icmpv6 type { 130, 131, 132, 134, 135, 136, 143 } accept',
  ],
  e: [
    'meta protocol arp accept',
    'meta protocol ip udp sport 68 udp dport 67 accept',
    'meta protocol ip6 udp sport 546 udp dport 547 accept',
    'icmpv6 type { 131, 132, 133, 135, 136, 143 } accept',
  ],
};

/** The rules of a port's chain: what belongs to a connection passes, what begins one is looked up in its groups. */
export function filterRules({ filter, stateful, loose }: PortState, direction: Direction): string[] {
  const verdicts = [
    `${marks.established} : accept`,
    `${marks.invalid} : drop`,
    ...(loose ? [] : [`${marks.midstream} : drop`]),
  ];
  return [
    ...(stateful ? [`meta mark vmap { ${verdicts.join(', ')} }`] : []),
    ...always[direction],
    ...[...filter.securityGroupIds].sort().map((id) => `jump ${groupChain(direction, id)}`),
    'drop',
  ];
}
