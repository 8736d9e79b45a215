import type { InstanceSpec, Nic, Subnet } from '#generated/lxstack/agent/v1/types';
import ipaddr from 'ipaddr.js';

/**
 * Nova API: network_data.json: the guest's links and networks. Where DHCP serves a subnet the guest is told to ask that;
 * else its address and routes stand here.
 */
export function networkData({ nics, networks }: Pick<InstanceSpec, 'nics' | 'networks'>) {
  const subnetsOf = (nic: Nic) => networks.find(({ id }) => id === nic.networkId)?.subnets ?? [];
  const all = nics.flatMap((nic) => nic.fixedIps.map(({ address }) => ({ nic, ...placeOf(address, subnetsOf(nic)) })));
  const servers = new Set(all.flatMap(({ subnet }) => subnet?.dnsServers ?? []));
  return {
    links: nics.map((nic) => ({
      id: linkOf(nic),
      vif_id: nic.portId,
      type: 'bridge',
      mtu: nic.mtu,
      ethernet_mac_address: nic.mac,
    })),
    networks: all.map(({ nic, address, subnet }, n) => ({
      id: `network${n}`,
      link: linkOf(nic),
      network_id: nic.networkId,
      ...configurationOf(address, subnet),
    })),
    services: [...servers].map((address) => ({ type: 'dns', address })),
  };
}

/** As Nova names a port's link on the host, in 14 characters. */
const linkOf = ({ portId }: Nic): string => `tap${portId.slice(0, 11)}`;

function placeOf(address: string, subnets: readonly Subnet[]) {
  const value = ipaddr.parse(address);
  const subnet = subnets.find(({ cidr }) => {
    const range = ipaddr.parseCIDR(cidr);
    return range[0].kind() === value.kind() && value.match(range);
  });
  return { address, subnet };
}

function configurationOf(address: string, subnet: Subnet | undefined) {
  const v4 = ipaddr.parse(address).kind() === 'ipv4';
  if (v4 && subnet?.dhcp) return { type: 'ipv4_dhcp' };
  const routes = (subnet?.hostRoutes ?? []).map((route) => ({ ...split(route.destination), gateway: route.nexthop }));
  const everywhere = { network: v4 ? '0.0.0.0' : '::', netmask: v4 ? '0.0.0.0' : '::' };
  const { netmask } = split(subnet?.cidr ?? `${address}/${v4 ? 32 : 128}`);
  return {
    type: v4 ? 'ipv4' : 'ipv6',
    ip_address: address,
    netmask,
    routes: [...(subnet?.gateway ? [{ ...everywhere, gateway: subnet.gateway }] : []), ...routes],
    services: (subnet?.dnsServers ?? []).map((server) => ({ type: 'dns', address: server })),
  };
}

function split(cidr: string): { network: string; netmask: string } {
  const [base, length] = ipaddr.parseCIDR(cidr);
  const family = base.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return { network: base.toString(), netmask: family.subnetMaskFromPrefixLength(length).toString() };
}
