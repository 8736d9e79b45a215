import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import type { Logger } from '#libs/common/logger';
import { protectPort } from './anti-spoofing.js';
import { nft } from './commands.js';
import type { DesiredNetworks } from './desired-networks.js';
import type { NetworkRecord, NetworkRecords } from './network-records.js';
import { isDown, setLinkStates } from './port-links.js';
import type { FindGuest } from './port-links.js';
import { PortsAhead } from './ports-ahead.js';
import { Turns } from '../state/turns.js';

export interface HostNetworkOptions {
  /** Of the agent's state; records are kept in `networks/`, DHCP in `dhcp/`. */
  stateDirectory: string;
  /** Underlay address, also the local VXLAN tunnel end point. */
  vtep: string;
  /** Directory under each cgroup hierarchy that holds all of this host. */
  cgroup: string;
  /** Counts more than what calls bring. */
  desired: DesiredNetworks;
  logger: Logger;
}

/** What networks, ports, forwarding, DHCP and mending of one host share: what is recorded, and what is desired. */
export class HostNetworkState {
  readonly ahead: PortsAhead;
  /** Told where a port has left or has settled here: what the document says of its MAC is to be applied. */
  onSettled: (networkId: string) => void = () => {};
  /** Where the guests are; set by who knows the instances. */
  findGuest: FindGuest = () => Promise.resolve(undefined);
  /** When a network was last asked for or lost a port, in ms since 1970. */
  readonly used = new Map<string, number>();
  /** One change at a time per network. */
  private readonly turns = new Turns();

  constructor(
    readonly options: HostNetworkOptions,
    readonly records: NetworkRecords,
  ) {
    this.ahead = new PortsAhead((portId) => options.desired.nic(portId) !== undefined);
  }

  get vtep(): string {
    return this.options.vtep;
  }

  get desired(): DesiredNetworks {
    return this.options.desired;
  }

  inTurn<T>(networkId: string, work: () => Promise<T>): Promise<T> {
    return this.turns.take(networkId, work);
  }

  /** As the document has it by now; as it is given where the document does not know it. */
  nicAsDesired(nic: Nic): Nic {
    const wanted = this.desired.nic(nic.portId);
    return wanted ? { ...wanted, name: nic.name || wanted.name } : nic;
  }

  /** The nft commands that protect the port. Throws NotFoundError where the host does not have its network. */
  protection(nic: Nic): string {
    return protectPort(nic, isDown(this.records.get(nic.networkId).network, nic));
  }

  async applyAdminState(network: NetworkSpec, nics: readonly Nic[]): Promise<void> {
    if (nics.length) await nft(nics.map((nic) => this.protection(nic)).join(''));
    await setLinkStates(network, nics);
  }
}

/** True where an instance's port is plugged in: access ports need no DHCP. */
export const hasInstancePorts = ({ ports, access }: NetworkRecord): boolean =>
  Object.keys(ports).some((id) => !access.includes(id));
