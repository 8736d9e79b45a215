import type { DesiredResource, DesiredResourceName } from '#generated/lxstack/agent/v1/desired_state';
import type { GroupFact, MemberFact } from './group-facts.js';
import type { NetworkFact, NetworkFacts, PortFact, RouterFact, SubnetFact } from './host-facts.js';

export type ResourceKind = NonNullable<DesiredResource['body']>['$case'];

/** Every kind of resource in the protocol. An agent is not told of kinds that it does not know. */
export const resourceKinds: readonly ResourceKind[] = [
  'network',
  'subnet',
  'port',
  'peer',
  'router',
  'securityGroup',
  'groupMember',
];

/** The name by which a removal says which resource is gone. */
export const nameOf = (kind: ResourceKind, id: string): DesiredResourceName => ({ kind, id });

/** A network as every host that has a port on it is told of it. */
export function networkResource({ id, vni, mtu, adminStateUp }: NetworkFact): DesiredResource {
  return { id, body: { $case: 'network', value: { vni, mtu, adminStateUp } } };
}

/** A subnet as every host of its network is told of it. */
export function subnetResource({ id, gateway, dhcpAddress, ...subnet }: SubnetFact): DesiredResource {
  const value = { ...subnet, gateway: gateway ?? '', dhcpAddress: dhcpAddress ?? '' };
  return { id, body: { $case: 'subnet', value } };
}

/** A bound port as its own host is told of it. */
export function portResource(port: PortFact): DesiredResource {
  const { id, networkId, mac, portSecurity, adminStateUp, hostname, deviceIndex, guest, filter } = port;
  const addresses = port.fixedIps.map(({ subnet_id, ip_address }) => ({ subnetId: subnet_id, address: ip_address }));
  const value = {
    ...{ networkId, mac, addresses, portSecurity, adminStateUp, hostname, deviceIndex },
    guest: guest ?? undefined,
    filter: filter ?? undefined,
  };
  return { id, body: { $case: 'port', value } };
}

/**
 * A bound port as every host of its network is told of it. Its own host too: the vtep tells that host that the port is
 * there.
 */
export function peerResource({ id, networkId, mac, fixedIps, vtep }: PortFact): DesiredResource {
  const addresses = fixedIps.map(({ ip_address }) => ip_address);
  return { id, body: { $case: 'peer', value: { networkId, mac, addresses, vtep } } };
}

/** A router as every host that has one of its networks by a port of its own is told of it. */
export function routerResource({ id, adminStateUp, routes, interfaces }: RouterFact): DesiredResource {
  const value = {
    adminStateUp,
    routes,
    interfaces: interfaces.map(({ portId, networkId, mac, fixedIps }) => ({
      portId,
      networkId,
      mac,
      addresses: fixedIps.map(({ subnet_id, ip_address }) => ({ subnetId: subnet_id, address: ip_address })),
    })),
  };
  return { id, body: { $case: 'router', value } };
}

/** A security group as the hosts of its ports are told of it. */
export function groupResource(group: GroupFact): DesiredResource {
  return { id: group.id, body: { $case: 'securityGroup', value: group } };
}

/** A port in a group, as the hosts are told of it whose rules name the group. */
export function memberResource(member: MemberFact): DesiredResource {
  return { id: `${member.groupId}/${member.portId}`, body: { $case: 'groupMember', value: member } };
}

export const memberName = (groupId: string, portId: string): DesiredResourceName =>
  nameOf('groupMember', `${groupId}/${portId}`);

/** The resources of the networks in `facts`, as the host `hostId` is told of them. */
export function documentOf(hostId: string, { networks, subnets, ports }: NetworkFacts): DesiredResource[] {
  return [
    ...networks.map(networkResource),
    ...subnets.map(subnetResource),
    ...ports.filter((port) => port.hostId === hostId).map(portResource),
    ...ports.filter((port) => port.vtep !== '').map(peerResource),
  ];
}
