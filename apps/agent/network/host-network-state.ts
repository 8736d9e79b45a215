import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import type { Logger } from '#libs/common/logger';
import type { DesiredNetworks } from './desired-networks.js';
import { nicAsDesired } from './desired-networks.js';
import { GroupsAhead } from './filters/groups-ahead.js';
import { HostFilters } from './filters/host-filters.js';
import type { GuardedPort } from './filters/host-filters.js';
import type { Tracking } from './filters/tracking.js';
import { zoneOf } from './filters/zones.js';
import { forgetConnections } from './conntrack/connections.js';
import { bridgeOf } from './interface-names.js';
import type { NetworkRecord, NetworkRecords } from './network-records.js';
import { isDown, setLinkStates } from './port-links.js';
import type { FindGuest } from './port-links.js';
import { PendingPorts } from './pending-ports.js';
import { Turns } from '#libs/common/turns';

export interface HostNetworkOptions {
  /** Directory of the agent's state; records lie in `networks/`, DHCP in `dhcp/`. */
  stateDirectory: string;
  /** Underlay address: the local VXLAN tunnel end point. */
  vtep: string;
  /** Directory below each cgroup hierarchy that holds all of this host. */
  cgroup: string;
  /** How long a guest may keep an address without asking again. */
  dhcpLeaseSeconds: number;
  /** The control plane's document, which counts more than what calls bring. */
  desired: DesiredNetworks;
  metadata: Metadata;
  /** How connections are tracked; see filters/tracking.ts. */
  tracking: Tracking;
  logger: Logger;
}

/** The metadata service of this host's networks (`apps/agent/metadata`). `path`: the namespace's file. */
export interface Metadata {
  serve(networkId: string, path: string): Promise<void>;
  serves(networkId: string, path: string): Promise<boolean>;
  end(networkId: string): void;
}

/** A port that has left this host or has settled here. */
export type SettledPort = Pick<Nic, 'portId' | 'mac'>;

/** What the classes for a host's networks share: records, the desired state, and one turn per network. */
export class HostNetworkState {
  readonly pendingPorts: PendingPorts;
  readonly groupsAhead = new GroupsAhead();
  readonly filters: HostFilters;
  /**
   * Called where ports have left this host, or a move's ports have arrived: the document's peers with their MACs can be
   * applied now.
   */
  onSettled: (networkId: string, ports: readonly SettledPort[]) => void = () => {};
  /** Finds the guest behind a port; set by the class that knows the instances. */
  findGuest: FindGuest = () => Promise.resolve(undefined);
  /** When a network was last asked for or lost a port, in ms since 1970. */
  readonly used = new Map<string, number>();
  /** One change at a time per network. */
  private readonly turns = new Turns();

  constructor(
    readonly options: HostNetworkOptions,
    readonly records: NetworkRecords,
  ) {
    const { desired } = options;
    this.pendingPorts = new PendingPorts((portId) => desired.nic(portId) !== undefined);
    const known = {
      securityGroup: (id: string) => desired.securityGroup(id) ?? this.groupsAhead.securityGroup(id),
      memberAddresses: (id: string) => desired.memberAddresses(id) ?? this.groupsAhead.memberAddresses(id),
    };
    this.filters = new HostFilters(known, options.tracking);
  }

  get vtep(): string {
    return this.options.vtep;
  }

  get desired(): DesiredNetworks {
    return this.options.desired;
  }

  /** Runs `work` when no other change of the network runs. */
  inTurn<T>(networkId: string, work: () => Promise<T>): Promise<T> {
    return this.turns.take(networkId, work);
  }

  /** The NIC as the document has it; as given where the document does not have the port. */
  nicAsDesired(nic: Nic): Nic {
    return nicAsDesired(this.desired, nic);
  }

  /** The port as its filter needs it. Throws NotFoundError where this host does not have its network. */
  guarded(nic: Nic): GuardedPort {
    const { network, loose = [], zone = 0 } = this.records.get(nic.networkId);
    const filtered = this.desired.groupless ? { ...nic, filter: undefined } : nic;
    return { nic: filtered, down: isDown(network, nic), loose: loose.includes(nic.portId), zone };
  }

  /** Has the packets of the network's bridge tracked, in a zone of their own. */
  async track(record: NetworkRecord): Promise<void> {
    const zone = zoneOf(record, this.records.all());
    await this.filters.track(bridgeOf(record.network.vni), zone);
  }

  /** The opposite. The zone's connections are forgotten: another network may get the zone. */
  async untrack({ network, zone }: NetworkRecord): Promise<void> {
    if (zone === undefined) return;
    await this.filters.untrack(bridgeOf(network.vni), zone);
    await forgetConnections(zone);
  }

  /** Puts the ports' rules in force. Throws NotFoundError as `guarded`, UnavailableError where this host cannot filter. */
  async protect(nics: readonly Nic[]): Promise<void> {
    if (nics.length) await this.filters.protect(nics.map((nic) => this.guarded(nic)));
  }

  /** Sets rules and links of the NICs by admin_state_up of port and network. */
  async applyAdminState(network: NetworkSpec, nics: readonly Nic[]): Promise<void> {
    await this.protect(nics);
    await setLinkStates(network, nics);
  }
}

/** Whether an instance's port is plugged in; access ports need no DHCP. */
export const hasInstancePorts = ({ ports, access }: NetworkRecord): boolean =>
  Object.keys(ports).some((id) => !access.includes(id));
