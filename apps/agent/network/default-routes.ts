import type { FixedIp, Nic } from '#generated/lxstack/agent/v1/types';
import { isIPv4 } from 'node:net';

/** The addresses whose gateway is the guest's default route: per family the first, in the order of the NICs. */
export function defaultRoutes(nics: readonly Nic[]): Set<FixedIp> {
  const withGateway = nics.flatMap((nic) => nic.fixedIps).filter((ip) => ip.gateway);
  const first = [true, false].map((v4) => withGateway.find((ip) => isIPv4(ip.address) === v4));
  return new Set(first.filter((ip) => ip !== undefined));
}
