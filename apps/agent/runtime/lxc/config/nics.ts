import type { FixedIp, Nic } from '#generated/lxstack/agent/v1/types';
import { isIP, isIPv4 } from 'node:net';
import { InvalidInputError } from '#libs/common/errors';
import { MAC, requireName } from '#libs/common/names';
import { defaultRoutes } from '../../../network/default-routes.js';
import { hostVethName } from '../../../network/interface-names.js';
import { line } from './value.js';

/** One veth per NIC with static addresses. The name of the host's end is fixed, because CRIU needs it. */
export function nicLines(nics: readonly Nic[], bridges: ReadonlyMap<string, string>): string[] {
  if (!nics.length) return [line('lxc.net.0.type', 'empty')];
  // LXC refuses to start with two gateways of one family.
  const routes = defaultRoutes(nics);
  return nics.flatMap((nic, index) => {
    const key = (name: string) => `lxc.net.${index}.${name}`;
    const bridge = bridges.get(nic.networkId);
    if (!bridge) throw new InvalidInputError('nic.network_id', 'a network of this host');
    return [
      line(key('type'), 'veth'),
      line(key('link'), bridge),
      line(key('flags'), 'up'),
      line(
        key('name'),
        requireName('nic.name', nic.name || `eth${index}`, /^[a-z][a-z0-9]{0,14}$/, 'an interface name'),
      ),
      line(key('veth.pair'), hostVethName(nic.portId)),
      line(key('hwaddr'), requireName('nic.mac', nic.mac, MAC, 'a MAC in lower case')),
      ...(nic.mtu ? [line(key('mtu'), nic.mtu)] : []),
      ...nic.fixedIps.flatMap((ip) => addressLines(key, ip, routes.has(ip))),
    ];
  });
}

function addressLines(key: (name: string) => string, ip: FixedIp, isDefault: boolean): string[] {
  if (!isIP(ip.address) || (ip.gateway && !isIP(ip.gateway)))
    throw new InvalidInputError('nic.fixed_ips', 'IP addresses');
  const family = isIPv4(ip.address) ? 'ipv4' : 'ipv6';
  return [
    line(key(`${family}.address`), `${ip.address}/${ip.prefixLength}`),
    ...(isDefault ? [line(key(`${family}.gateway`), ip.gateway)] : []),
  ];
}
