import { isIPv4 } from 'node:net';
import type { DesiredPeer, DesiredPort } from '#generated/lxstack/agent/v1/desired_state';
import type { ForwardingEntry, NetworkSpec, Nic, Subnet } from '#generated/lxstack/agent/v1/types';
import type { DesiredDocument } from './document.js';

/** The document in the words of `apps/agent/network`: what calls bring in the same words is older than it. */
export class DesiredSpecs {
  constructor(private readonly document: DesiredDocument) {}

  network(id: string): NetworkSpec | undefined {
    const network = this.document.networks.get(id);
    if (!network) return undefined;
    return { id, vni: network.vni, mtu: network.mtu, adminStateDown: !network.adminStateUp, subnets: this.subnets(id) };
  }

  /** The NIC of a port that is on this host; undefined where the document does not have it. */
  nic(portId: string): Nic | undefined {
    const port = this.document.ports.get(portId);
    const network = port && this.document.networks.get(port.networkId);
    if (!port || !network) return undefined;
    const { networkId, mac, portSecurity, deviceIndex } = port;
    const adminStateDown = !port.adminStateUp;
    const fixedIps = port.addresses.map((one) => this.fixedIp(one));
    return {
      portId,
      networkId,
      name: `eth${deviceIndex}`,
      mac,
      fixedIps,
      mtu: network.mtu,
      portSecurity,
      adminStateDown,
    };
  }

  hostname(portId: string): string | undefined {
    return this.document.ports.get(portId)?.hostname || undefined;
  }

  /** Undefined where the document does not have the network: calls say where its ports are. */
  peers(networkId: string): ForwardingEntry[] | undefined {
    if (!this.document.networks.has(networkId)) return undefined;
    return [...(this.document.peers.get(networkId)?.values() ?? [])].map(entryOf);
  }

  networkIds(): string[] {
    return [...this.document.networks.keys()];
  }

  private subnets(networkId: string): Subnet[] {
    const rows = [...this.document.subnets].filter(([, subnet]) => subnet.networkId === networkId);
    return rows.map(([id, { cidr, gateway, dhcp, dnsServers, hostRoutes }]) => ({
      id,
      cidr,
      gateway,
      dhcp,
      dnsServers,
      hostRoutes,
    }));
  }

  private fixedIp({ subnetId, address }: DesiredPort['addresses'][number]): Nic['fixedIps'][number] {
    const subnet = this.document.subnets.get(subnetId);
    const whole = isIPv4(address) ? 32 : 128;
    return {
      address,
      prefixLength: Number(subnet?.cidr.split('/')[1] ?? whole),
      gateway: subnet?.gateway ?? '',
    };
  }
}

export const entryOf = ({ mac, addresses, vtep }: DesiredPeer): ForwardingEntry => ({ mac, addresses, vtep });
