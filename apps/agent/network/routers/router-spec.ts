import { isIP } from 'node:net';
import { InvalidInputError } from '#libs/common/errors';
import { MAC, UUID, requireName } from '#libs/common/names';

/** A router as this host makes it. Its interfaces are the same on every host that has its networks. */
export interface RouterSpec {
  id: string;
  /** Those on networks that this host has. */
  interfaces: RouterInterfaceSpec[];
  routes: { destination: string; nexthop: string }[];
}

export interface RouterInterfaceSpec {
  portId: string;
  vni: number;
  mtu: number;
  mac: string;
  addresses: { address: string; prefixLength: number }[];
}

/** Throws InvalidInputError for values that must not reach a command line. */
export function checkRouter({ id, interfaces, routes }: RouterSpec): void {
  requireName('router.id', id, UUID, 'a UUID');
  for (const { portId, mac, mtu, addresses } of interfaces) {
    requireName('router.interfaces.port_id', portId, UUID, 'a UUID');
    requireName('router.interfaces.mac', mac, MAC, 'a MAC in lower case');
    if (mtu < 576 || mtu > 65_000) throw new InvalidInputError('router.interfaces.mtu', 'a number from 576 to 65000');
    for (const { address, prefixLength } of addresses)
      if (!isIP(address) || prefixLength > 128)
        throw new InvalidInputError('router.interfaces.addresses', 'IP addresses with prefix lengths');
  }
  for (const { destination, nexthop } of routes) {
    const [base, bits] = destination.split('/');
    if (!isIP(base ?? '') || !/^\d{1,3}$/.test(bits ?? '') || !isIP(nexthop))
      throw new InvalidInputError('router.routes', 'CIDRs with next hops');
  }
}
