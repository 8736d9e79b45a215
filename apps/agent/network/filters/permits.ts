import { BlockList } from 'node:net';
import type { Nic, SecurityGroup, SecurityGroupRule } from '#generated/lxstack/agent/v1/types';
import type { Connection, Tuple } from '../conntrack/messages.js';

const [ICMP, ICMPV6, UDP] = [1, 58, 17];

/** The groups of a port and who is in their remote groups. */
export interface PortGroups {
  groups: readonly SecurityGroup[];
  memberAddresses: (groupId: string) => Iterable<string>;
}

/** Addresses of a set of members, or of a port. */
export class AddressList {
  private readonly list = new BlockList();

  constructor(addresses: Iterable<string>) {
    for (const one of addresses) {
      const [address = '', length] = one.split('/');
      const family = address.includes(':') ? 'ipv6' : 'ipv4';
      if (length === undefined) this.list.addAddress(address, family);
      else this.list.addSubnet(address, Number(length), family);
    }
  }

  has(address: string): boolean {
    return this.list.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
  }
}

/** From where a port may send: its fixed addresses and its allowed address pairs. */
export const ownAddresses = (nic: Nic): AddressList =>
  new AddressList([
    ...nic.fixedIps.map(({ address }) => address),
    ...(nic.filter?.allowedAddressPairs ?? []).map(({ addresses }) => addresses),
  ]);

/** The connections of a port that its groups' rules would not let begin now. */
export function forbidden(nic: Nic, port: PortGroups, connections: readonly Connection[]): Connection[] {
  const own = ownAddresses(nic);
  const lists = new Map<string, AddressList>();
  const members = (id: string) => {
    const list = lists.get(id) ?? new AddressList(port.memberAddresses(id));
    lists.set(id, list);
    return list;
  };
  const may = (tuple: Tuple, ingress: boolean) =>
    isDhcp(tuple) ||
    port.groups.some(({ rules }) => rules.some((rule) => rule.ingress === ingress && permits(rule, tuple, members)));
  return connections.filter(
    ({ original }) =>
      (own.has(original.destination) && !may(original, true)) || (own.has(original.source) && !may(original, false)),
  );
}

/** Whether the rule lets a packet of this kind begin a connection; the same as the chains of `group-rules.ts` say. */
export function permits(rule: SecurityGroupRule, tuple: Tuple, members: (groupId: string) => AddressList): boolean {
  const { protocol, portMin, portMax, remotePrefix, remoteGroupId } = rule;
  if (rule.ipv6 !== (tuple.version === 6)) return false;
  const remote = rule.ingress ? tuple.source : tuple.destination;
  if (remoteGroupId && !members(remoteGroupId).has(remote)) return false;
  if (remotePrefix && !new AddressList([remotePrefix]).has(remote)) return false;
  if (protocol === undefined) return true;
  if (protocol !== tuple.protocol) return false;
  if (portMin === undefined) return true;
  if (protocol === ICMP || protocol === ICMPV6)
    return tuple.first === portMin && (portMax === undefined || tuple.second === portMax);
  return tuple.second >= portMin && tuple.second <= (portMax ?? portMin);
}

const isDhcp = ({ protocol, second }: Tuple): boolean => protocol === UDP && [67, 68, 546, 547].includes(second);
