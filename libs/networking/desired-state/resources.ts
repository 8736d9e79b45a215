import type { DesiredResource, DesiredResourceName } from '#generated/lxstack/agent/v1/desired_state';
import type { NetworkFact, NetworkFacts, PortFact, SubnetFact } from './host-facts.js';

export type ResourceKind = NonNullable<DesiredResource['body']>['$case'];

/** Every kind of the protocol: what an agent does not know of them it is not told. */
export const resourceKinds: readonly ResourceKind[] = ['network', 'subnet', 'port', 'peer'];

export const nameOf = (kind: ResourceKind, id: string): DesiredResourceName => ({ kind, id });

export function networkResource({ id, vni, mtu, adminStateUp }: NetworkFact): DesiredResource {
  return { id, body: { $case: 'network', value: { vni, mtu, adminStateUp } } };
}

export function subnetResource({ id, gateway, ...subnet }: SubnetFact): DesiredResource {
  return { id, body: { $case: 'subnet', value: { ...subnet, gateway: gateway ?? '' } } };
}

/** For the port's own host. */
export function portResource(port: PortFact): DesiredResource {
  const { id, networkId, mac, portSecurity, adminStateUp, hostname, deviceIndex } = port;
  const addresses = port.fixedIps.map(({ subnet_id, ip_address }) => ({ subnetId: subnet_id, address: ip_address }));
  const value = { networkId, mac, addresses, portSecurity, adminStateUp, hostname, deviceIndex };
  return { id, body: { $case: 'port', value } };
}

/** For every host of the port's network: its own too, which knows by the vtep that the port is there. */
export function peerResource({ id, networkId, mac, fixedIps, vtep }: PortFact): DesiredResource {
  const addresses = fixedIps.map(({ ip_address }) => ip_address);
  return { id, body: { $case: 'peer', value: { networkId, mac, addresses, vtep } } };
}

/** All of the networks that `facts` tell of, as `hostId` sees them. */
export function documentOf(hostId: string, { networks, subnets, ports }: NetworkFacts): DesiredResource[] {
  return [
    ...networks.map(networkResource),
    ...subnets.map(subnetResource),
    ...ports.filter((port) => port.hostId === hostId).map(portResource),
    ...ports.filter((port) => port.vtep !== '').map(peerResource),
  ];
}
