import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { isIP } from 'node:net';
import { InvalidInputError } from '#libs/common/errors';
import { MAC, UUID, requireName } from '#libs/common/names';

/** Throws InvalidInputError for values that must not reach a command line. */
export function checkNetwork(network: NetworkSpec): void {
  requireName('network.id', network.id, UUID, 'a UUID');
  checkMtu('network.mtu', network.mtu);
  for (const subnet of network.subnets) {
    const [base, length] = subnet.cidr.split('/');
    if (!isIP(base ?? '') || !/^\d{1,3}$/.test(length ?? ''))
      throw new InvalidInputError('network.subnets.cidr', 'a CIDR');
    if (subnet.gateway && !isIP(subnet.gateway))
      throw new InvalidInputError('network.subnets.gateway', 'an IP address');
    if (!subnet.dnsServers.every((server) => isIP(server)))
      throw new InvalidInputError('network.subnets.dns_servers', 'IP addresses');
    checkRoutes('network.subnets.host_routes', subnet.hostRoutes);
  }
}

/** Throws InvalidInputError for values that must not reach a command line. */
export function checkNic(nic: Nic): void {
  requireName('nic.port_id', nic.portId, UUID, 'a UUID');
  requireName('nic.mac', nic.mac, MAC, 'a MAC in lower case');
  if (nic.name) requireName('nic.name', nic.name, /^[a-z][a-z0-9]{0,14}$/, 'an interface name');
  for (const ip of nic.fixedIps) {
    if (!isIP(ip.address)) throw new InvalidInputError('nic.fixed_ips.address', 'an IP address');
    if (ip.gateway && !isIP(ip.gateway)) throw new InvalidInputError('nic.fixed_ips.gateway', 'an IP address');
    if (ip.prefixLength > 128) throw new InvalidInputError('nic.fixed_ips.prefix_length', 'a number up to 128');
  }
}

/** Throws InvalidInputError naming `field`. */
export function checkMtu(field: string, mtu: number): void {
  if (mtu < 576 || mtu > 65_000) throw new InvalidInputError(field, 'a number from 576 to 65000');
}

/** Throws InvalidInputError naming `field` for routes that must not reach a command line. */
export function checkRoutes(field: string, routes: readonly { destination: string; nexthop: string }[]): void {
  for (const { destination, nexthop } of routes) {
    const [base, bits] = destination.split('/');
    if (!isIP(base ?? '') || !/^\d{1,3}$/.test(bits ?? '') || !isIP(nexthop))
      throw new InvalidInputError(field, 'CIDRs with next hops');
  }
}
