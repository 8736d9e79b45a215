import { isIP } from 'node:net';
import { InvalidInputError } from '#libs/common/errors';
import { MAC, UUID, requireName } from '#libs/common/names';
import { checkMtu, checkRoutes } from '../checks.js';

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
    checkMtu('router.interfaces.mtu', mtu);
    for (const { address, prefixLength } of addresses)
      if (!isIP(address) || prefixLength > 128)
        throw new InvalidInputError('router.interfaces.addresses', 'IP addresses with prefix lengths');
  }
  checkRoutes('router.routes', routes);
}
