import { isIPv4 } from 'node:net';
import type { DesiredPeer, DesiredPort } from '#generated/lxstack/agent/v1/desired_state';
import type {
  ForwardingEntry,
  GuestChanging,
  NetworkSpec,
  Nic,
  SecurityGroup,
  Subnet,
} from '#generated/lxstack/agent/v1/types';
import type { RouterSpec } from '../network/routers/router-spec.js';
import type { DesiredDocument } from './document.js';

/** The document in the terms of `apps/agent/network`. It is newer than what calls bring in these terms. */
export class DesiredSpecs {
  constructor(private readonly document: DesiredDocument) {}

  /**
   * Whether a call's word counts though the document has the network: true while no control plane tells of changes. The kernel
   * is not compared with the document from then on, until the document is followed or forgotten.
   */
  overrule(): boolean {
    if (!this.document.followed) this.document.overruled = true;
    return !this.document.followed;
  }

  get groupless(): boolean {
    return this.document.groupless;
  }

  /** The network with its subnets; undefined where the document does not have it. */
  network(id: string): NetworkSpec | undefined {
    const network = this.document.networks.get(id);
    if (!network) return undefined;
    return { id, vni: network.vni, mtu: network.mtu, adminStateDown: !network.adminStateUp, subnets: this.subnets(id) };
  }

  /** The NIC of a port on this host; undefined where the document does not have it. */
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
      filter: port.filter,
    };
  }

  /** The host name that DHCP gives the port's instance. */
  hostname(portId: string): string | undefined {
    return this.document.ports.get(portId)?.hostname || undefined;
  }

  /** What the port's instance is told of itself. */
  guest(portId: string): GuestChanging | undefined {
    return this.document.ports.get(portId)?.guest;
  }

  /** Where the network's ports are; undefined where the document does not have the network, so that calls decide. */
  peers(networkId: string): ForwardingEntry[] | undefined {
    if (!this.document.networks.has(networkId)) return undefined;
    return [...(this.document.peers.get(networkId)?.values() ?? [])].map(entryOf);
  }

  /**
   * The router with its interfaces on the networks that the document has; undefined where the document does not have it,
   * it is down or has no interface.
   */
  router(id: string): RouterSpec | undefined {
    const router = this.document.routers.get(id);
    if (!router?.adminStateUp) return undefined;
    const interfaces = router.interfaces.flatMap(({ portId, networkId, mac, addresses }) => {
      const network = this.document.networks.get(networkId);
      if (!network) return [];
      return [
        { portId, vni: network.vni, mtu: network.mtu, mac, addresses: addresses.map((one) => this.fixedIp(one)) },
      ];
    });
    return interfaces.length ? { id, interfaces, routes: router.routes } : undefined;
  }

  /** The routers that this host makes with an interface on the network. */
  routersOn(networkId: string): RouterSpec[] {
    return this.document.routersOn(new Set([networkId])).flatMap((id) => this.router(id) ?? []);
  }

  securityGroup(id: string): SecurityGroup | undefined {
    return this.document.groups.get(id);
  }

  /** Addresses and CIDRs of the group's members; undefined where no rule of the document names it as remote. */
  memberAddresses(groupId: string): string[] | undefined {
    const members = this.document.members.get(groupId);
    if (members) return [...members.values()].flatMap(({ addresses }) => addresses);
    return this.document.remoteGroups().has(groupId) ? [] : undefined;
  }

  /** Ids of the networks in the document. */
  networkIds(): string[] {
    return [...this.document.networks.keys()];
  }

  private subnets(networkId: string): Subnet[] {
    const rows = [...this.document.subnets].filter(([, subnet]) => subnet.networkId === networkId);
    return rows.map(([id, { networkId: _, ...subnet }]) => ({ id, ...subnet }));
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

/** A peer as a forwarding entry. */
export const entryOf = ({ mac, addresses, vtep }: DesiredPeer): ForwardingEntry => ({ mac, addresses, vtep });
