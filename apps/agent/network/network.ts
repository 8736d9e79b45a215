import type { ForwardingEntry, InstanceSpec, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { findTracking } from './filters/find-tracking.js';
import type { Tracking } from './filters/tracking.js';
import { HostNetworkState } from './host-network-state.js';
import type { HostNetworkOptions, SettledPort } from './host-network-state.js';
import { bridgeOf, hostVethName, vxlanOf } from './interface-names.js';
import { NetworkConnections } from './network-connections.js';
import type { MovedConnections } from './network-connections.js';
import { NetworkServices } from './network-services.js';
import { NetworkForwarding } from './network-forwarding.js';
import type { PeerChange } from './network-forwarding.js';
import { NetworkMending } from './network-mending.js';
import type { InspectedNetwork, NetworksSeen } from './network-mending.js';
import { NetworkPorts } from './network-ports.js';
import { NetworkPresence } from './network-presence.js';
import { NetworkRecords } from './network-records.js';
import { NetworkRouters } from './routers/network-routers.js';
import type { RouterSpec } from './routers/router-spec.js';
import type { FindGuest } from './port-links.js';

/** The virtual networks of a host: bridges, VXLAN, forwarding, anti-spoofing, DHCP. Every method is idempotent. */
export class HostNetwork {
  /** False on a simulated host: there is no kernel state to compare. */
  readonly inKernel: boolean = true;
  private readonly services: NetworkServices;
  private readonly forwarding: NetworkForwarding;
  private readonly presence: NetworkPresence;
  private readonly ports: NetworkPorts;
  private readonly mending: NetworkMending;
  private readonly moved: NetworkConnections;
  private readonly routers = new NetworkRouters();

  private constructor(private readonly state: HostNetworkState) {
    this.services = new NetworkServices(state);
    this.forwarding = new NetworkForwarding(state);
    this.presence = new NetworkPresence(state, this.forwarding, this.services);
    this.ports = new NetworkPorts(state, this.presence, this.forwarding, this.services);
    this.moved = new NetworkConnections(state);
    this.mending = new NetworkMending(state, this.forwarding, this.services);
  }

  /** Reads the records, and makes again what the kernel has lost (a reboot). Does not touch running traffic. */
  static async open(options: Omit<HostNetworkOptions, 'tracking'>): Promise<HostNetwork> {
    const [records, tracking] = await Promise.all([NetworkRecords.open(options.stateDirectory), findTracking()]);
    const host = new HostNetwork(new HostNetworkState({ ...options, tracking }, records));
    await host.presence.open();
    await host.presence.restore();
    host.presence.watchIdle();
    return host;
  }

  /**
   * Called where ports have left this host, or a move's ports have arrived: the document's peers with their MACs can be
   * applied now.
   */
  set onSettled(listener: (networkId: string, ports: readonly SettledPort[]) => void) {
    this.state.onSettled = listener;
  }

  /** Finds the guest behind a port; set by the class that knows the instances. */
  set findGuest(find: FindGuest) {
    this.state.findGuest = find;
  }

  get vtep(): string {
    return this.state.vtep;
  }

  /** How connections are tracked for security groups. */
  get tracking(): Tracking {
    return this.state.filters.tracking;
  }

  /** Applies security groups whose rules have changed, and groups whose members have. */
  applyGroups(groupIds: ReadonlySet<string>, memberGroupIds: ReadonlySet<string>): Promise<void> {
    return this.state.filters.applyGroups(groupIds, memberGroupIds);
  }

  /** Without `entries` the forwarding stays as it is; see NetworkPresence. */
  ensureNetwork(given: NetworkSpec, entries: readonly ForwardingEntry[] = []): Promise<void> {
    return this.presence.ensure(given, entries);
  }

  /** Removes the network; a missing one is a success. Throws InvalidInputError where it has ports. */
  deleteNetwork(networkId: string): Promise<void> {
    return this.presence.delete(networkId);
  }

  /** Removes networks that have had no port here for `idleMs`. */
  removeIdle(idleMs: number): Promise<void> {
    return this.presence.removeIdle(idleMs);
  }

  /** Changes where frames are sent; returns false where this host does not have the network. */
  setForwarding(
    networkId: string,
    entries: readonly ForwardingEntry[],
    removedMacs: readonly string[],
    complete: boolean,
  ): Promise<boolean> {
    return this.forwarding.set(networkId, entries, removedMacs, complete);
  }

  /** The spec with its NICs as the document has them. */
  current(spec: InstanceSpec): InstanceSpec {
    return this.ports.current(spec);
  }

  /** Before an instance starts: makes its networks, and protects its ports before their veths exist. */
  attach(spec: InstanceSpec): Promise<void> {
    return this.ports.attach(spec);
  }

  /** After an instance has started: takes the links of ports down whose admin_state_up is false. */
  settle(nics: readonly Nic[]): Promise<void> {
    return this.ports.settle(nics);
  }

  /** Of ports that leave by a live move: what the filters know of their connections. */
  readConnections(nics: readonly Nic[]): Promise<MovedConnections[]> {
    return this.moved.read(nics);
  }

  /** Of ports that arrive by a live move, before their first frame; see NetworkConnections. */
  putConnections(nics: readonly Nic[], moved: readonly MovedConnections[] | undefined): Promise<void> {
    return this.moved.put(nics, moved);
  }

  /** These ports arrive by a live move: the move decides where their frames go, until `claimMac`. */
  arriving(nics: readonly Nic[]): void {
    this.ports.arriving(nics);
  }

  /** After an instance has stopped for good: removes its ports. */
  detach(nics: readonly Nic[]): Promise<void> {
    return this.ports.detach(nics);
  }

  /** Makes an access port in the host's own namespace, with the NIC's MAC and addresses. */
  ensurePort(network: NetworkSpec, given: Nic, entries: readonly ForwardingEntry[]): Promise<void> {
    return this.ports.ensureAccess(network, given, entries);
  }

  /** Removes the port; a missing one is a success. */
  deletePort(portId: string): Promise<void> {
    return this.ports.delete(portId);
  }

  /** From now on the port's MAC is on this host: no frame for it goes to the underlay. */
  claimMac(nic: Nic): Promise<void> {
    return this.ports.claimMac(nic);
  }

  /** Applies the document's rules and link of ports that are plugged in here. */
  applyPorts(networkId: string, portIds: readonly string[]): Promise<void> {
    return this.ports.apply(networkId, portIds);
  }

  /** Takes the ports' security groups away: the control plane knows none. */
  unfilter(): Promise<void> {
    return this.ports.unfilter();
  }

  /** Applies the document's subnets to DHCP. */
  applySubnets(networkId: string): Promise<void> {
    return this.services.applySubnets(networkId);
  }

  /** Applies the document's peers that changed. `moving`: MACs of instances that are being moved. */
  applyPeers(networkId: string, change: PeerChange, moving: ReadonlySet<string>): Promise<void> {
    return this.forwarding.applyChange(networkId, change, moving);
  }

  /** Applies all of the document's peers, against what the kernel has. Throws where the network's devices are missing. */
  applyAllPeers(networkId: string, moving: ReadonlySet<string>): Promise<void> {
    return this.forwarding.applyAll(networkId, moving);
  }

  /** Makes the router on this host, or mends what the kernel has of it. Its networks must be here. */
  applyRouter(spec: RouterSpec): Promise<void> {
    return this.routers.apply(spec);
  }

  /** Removes the router; a missing one is a success. */
  removeRouter(routerId: string): Promise<void> {
    return this.routers.remove(routerId);
  }

  /** Removes every router that is not among `kept`. */
  removeOtherRouters(kept: ReadonlySet<string>): Promise<void> {
    return this.routers.removeOthers(kept);
  }

  /** Differences between the inside of the router and what it should be, in words. */
  compareRouter(spec: RouterSpec): Promise<string[]> {
    return this.routers.compare(spec);
  }

  /** How the network should be on this host; undefined where this host does not have it. */
  inspect(networkId: string): InspectedNetwork | undefined {
    return this.mending.inspect(networkId);
  }

  /** Differences between the DHCP server that runs and the one that should, in words. */
  compareDhcp(networkId: string): Promise<string[]> {
    return this.services.compare(networkId);
  }

  /** Runs `work` while nothing else changes the network. */
  standingStill<T>(networkId: string, work: () => Promise<T>): Promise<T> {
    return this.state.inTurn(networkId, work);
  }

  /** Makes again what the kernel (`seen`) lacks of the network or has otherwise. Call it within `standingStill`. */
  mend(networkId: string, seen: NetworksSeen, moving: ReadonlySet<string>): Promise<void> {
    return this.mending.mend(networkId, seen, moving);
  }

  /** Whether this host has the network. */
  has(networkId: string): boolean {
    return this.state.records.find(networkId) !== undefined;
  }

  /** Throws NotFoundError. */
  bridgeName(networkId: string): string {
    return bridgeOf(this.vni(networkId));
  }

  /** Throws NotFoundError. */
  vxlanName(networkId: string): string {
    return vxlanOf(this.vni(networkId));
  }

  /** Throws NotFoundError. */
  vni(networkId: string): number {
    return this.state.records.get(networkId).network.vni;
  }

  /** Name of the host's end of the port's veth. */
  hostVethName(portId: string): string {
    return hostVethName(portId);
  }
}

/** What the rest of the agent uses of it; a simulated host has another class behind it. */
export type Network = Pick<HostNetwork, keyof HostNetwork>;
