import { InvalidInputError } from '#libs/common/errors';
import { contains, parseAddress, parseCidr, renderAddress, renderCidr } from './cidr.js';
import type { Cidr } from './cidr.js';
import type { HostRoute } from './subnet.entity.js';

/** What DHCP gives a guest besides its address. */
export interface DhcpSettings {
  dnsNameservers?: string[];
  hostRoutes?: HostRoute[];
}

/**
 * The settings in canonical form. Only DHCP for IPv4 delivers them; ports of an IPv6 subnet are configured without
 * DHCP, so there the settings are refused. Throws InvalidInputError, also for a next hop that guests of the subnet
 * cannot reach directly.
 */
export function dhcpSettings<T extends DhcpSettings>(cidr: Cidr, settings: T): T {
  const { dnsNameservers, hostRoutes } = settings;
  if (cidr.version === 6) {
    requireNone('dns_nameservers', dnsNameservers);
    requireNone('host_routes', hostRoutes);
  }
  return {
    ...settings,
    ...(dnsNameservers && { dnsNameservers: dnsNameservers.map(nameServer) }),
    ...(hostRoutes && { hostRoutes: hostRoutes.map((route) => routeOf(cidr, route)) }),
  };
}

function requireNone(field: string, values: unknown[] | undefined): void {
  if (values?.length)
    throw new InvalidInputError(field, 'none on an IPv6 subnet: only DHCP of version 4 would deliver them');
}

function nameServer(text: string): string {
  const { version, value } = parseAddress('dns_nameservers', text);
  if (version !== 4)
    throw new InvalidInputError('dns_nameservers', `IPv4 addresses, as DHCP carries them, not ${text}`);
  return renderAddress(version, value);
}

function routeOf(cidr: Cidr, { destination, nexthop, ...rest }: HostRoute): HostRoute {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new InvalidInputError(`host_routes.${unknown}`, 'no such field');
  const to = parseCidr('host_routes.destination', destination, 0);
  const { version, value } = parseAddress('host_routes.nexthop', nexthop);
  if (to.version !== cidr.version)
    throw new InvalidInputError('host_routes.destination', `an IPv${cidr.version} CIDR, not ${destination}`);
  if (!contains(cidr, version, value))
    throw new InvalidInputError('host_routes.nexthop', `an address of ${renderCidr(cidr)}, not ${nexthop}`);
  return { destination: renderCidr(to), nexthop: renderAddress(version, value) };
}
