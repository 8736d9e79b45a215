/** Neutron API: names of protocols in rules (neutron-lib: IP_PROTOCOL_MAP), with their numbers. */
const numbers: Readonly<Record<string, number>> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  hopopt: 0,
  icmp: 1,
  icmpv6: 58,
  'ipv6-icmp': 58,
  igmp: 2,
  ip: 0,
  ipip: 4,
  'ipv6-encap': 41,
  'ipv6-frag': 44,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
};

export const protocolNames: readonly string[] = Object.keys(numbers);

/** Protocols with port numbers. */
export const withPorts: readonly number[] = [6, 17, 33, 132, 136];
export const [ICMP, ICMPV6] = [1, 58];
/** Names that belong to IPv6 alone. */
export const ofIpv6: readonly string[] = [
  'icmpv6',
  'ipv6-icmp',
  'ipv6-encap',
  'ipv6-frag',
  'ipv6-nonxt',
  'ipv6-opts',
  'ipv6-route',
];

/** The number of a protocol that a rule names, by name or number; `icmp` for IPv6 is ICMPv6. */
export function protocolNumber(protocol: string, ipv6: boolean): number {
  const number = numbers[protocol] ?? Number(protocol);
  return ipv6 && number === ICMP ? ICMPV6 : number;
}
