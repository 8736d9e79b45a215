import type { ForwardingEntry, InstanceSpec, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { baseRules } from './anti-spoofing.js';
import { nft } from './commands.js';
import { HostNetworkState } from './host-network-state.js';
import type { HostNetworkOptions } from './host-network-state.js';
import { bridgeOf, hostVethName, vxlanOf } from './interface-names.js';
import { NetworkDhcp } from './network-dhcp.js';
import { NetworkForwarding } from './network-forwarding.js';
import { NetworkMending } from './network-mending.js';
import type { ForwardingSeen, InspectedNetwork } from './network-mending.js';
import { NetworkPorts } from './network-ports.js';
import { NetworkPresence } from './network-presence.js';
import { NetworkRecords } from './network-records.js';
import type { FindGuest } from './port-links.js';

/** The virtual networks of one host: bridges, VXLAN, forwarding, anti-spoofing, DHCP. Every method is idempotent. */
export class HostNetwork {
  /** A simulated host's is not: there is nothing to compare with what it should be. */
  readonly inKernel: boolean = true;
  private readonly dhcp: NetworkDhcp;
  private readonly forwarding: NetworkForwarding;
  private readonly presence: NetworkPresence;
  private readonly ports: NetworkPorts;
  private readonly mending: NetworkMending;

  private constructor(private readonly state: HostNetworkState) {
    this.dhcp = new NetworkDhcp(state);
    this.forwarding = new NetworkForwarding(state);
    this.presence = new NetworkPresence(state, this.forwarding, this.dhcp);
    this.ports = new NetworkPorts(state, this.presence, this.forwarding, this.dhcp);
    this.mending = new NetworkMending(state, this.forwarding, this.dhcp);
  }

  /** Reads what is kept, and makes again what the kernel has lost (a reboot). Running traffic is not touched. */
  static async open(options: HostNetworkOptions): Promise<HostNetwork> {
    const host = new HostNetwork(new HostNetworkState(options, await NetworkRecords.open(options.stateDirectory)));
    await nft(baseRules);
    await host.presence.restore();
    host.presence.watchIdle();
    return host;
  }

  /** Told where a port has left or has settled here: what the document says of its MAC is to be applied. */
  set onSettled(listener: (networkId: string) => void) {
    this.state.onSettled = listener;
  }

  /** Where the guests are; set by who knows the instances. */
  set findGuest(find: FindGuest) {
    this.state.findGuest = find;
  }

  get vtep(): string {
    return this.state.vtep;
  }

  /** Without `entries` the forwarding stays as it is; see NetworkPresence. */
  ensureNetwork(given: NetworkSpec, entries: readonly ForwardingEntry[] = []): Promise<void> {
    return this.presence.ensure(given, entries);
  }

  /** One that is not there is a success; throws InvalidInputError where it still has ports. */
  deleteNetwork(networkId: string): Promise<void> {
    return this.presence.delete(networkId);
  }

  /** Removes networks that have had no port here for `idleMs`. */
  removeIdle(idleMs: number): Promise<void> {
    return this.presence.removeIdle(idleMs);
  }

  /** False where this host does not have the network. */
  setForwarding(
    networkId: string,
    entries: readonly ForwardingEntry[],
    removedMacs: readonly string[],
    complete: boolean,
  ): Promise<boolean> {
    return this.forwarding.set(networkId, entries, removedMacs, complete);
  }

  /** The spec with its NICs as the document has them by now. */
  current(spec: InstanceSpec): InstanceSpec {
    return this.ports.current(spec);
  }

  /** Before an instance starts: its networks, and its ports protected before their veths exist. */
  attach(spec: InstanceSpec): Promise<void> {
    return this.ports.attach(spec);
  }

  /** After an instance has started: veths of ports that are down go down. */
  settle(nics: readonly Nic[]): Promise<void> {
    return this.ports.settle(nics);
  }

  /** These come by a live move: where their frames go is the move's until `claimMac`. */
  arriving(nics: readonly Nic[]): void {
    this.ports.arriving(nics);
  }

  /** After an instance has stopped for good. */
  detach(nics: readonly Nic[]): Promise<void> {
    return this.ports.detach(nics);
  }

  /** An access port in the host's own namespace, with the NIC's MAC and addresses. */
  ensurePort(network: NetworkSpec, given: Nic, entries: readonly ForwardingEntry[]): Promise<void> {
    return this.ports.ensureAccess(network, given, entries);
  }

  /** A port that is not there is a success. */
  deletePort(portId: string): Promise<void> {
    return this.ports.delete(portId);
  }

  /** The port's MAC is on this host from now on: no frame for it goes to the underlay. */
  claimMac(nic: Nic): Promise<void> {
    return this.ports.claimMac(nic);
  }

  /** What the document says of ports that are plugged in here: rules and link. */
  applyPorts(networkId: string, portIds: readonly string[]): Promise<void> {
    return this.ports.apply(networkId, portIds);
  }

  /** DHCP as the document has subnets and ports. */
  applySubnets(networkId: string): Promise<void> {
    return this.dhcp.applySubnets(networkId);
  }

  /** Where the document says that ports of a network are, all of them or those that changed. */
  applyPeers(networkId: string, change?: { entries: ForwardingEntry[]; removedMacs: string[] }): Promise<void> {
    return this.forwarding.applyPeers(networkId, change);
  }

  /** What should be here of the network; undefined where it is not made. */
  inspect(networkId: string): InspectedNetwork | undefined {
    return this.mending.inspect(networkId);
  }

  /** Differences between the DHCP server that runs and the one that should, in words. */
  compareDhcp(networkId: string): Promise<string[]> {
    return this.dhcp.compare(networkId);
  }

  /** Nothing changes the network while `work` runs. */
  standingStill<T>(networkId: string, work: () => Promise<T>): Promise<T> {
    return this.state.inTurn(networkId, work);
  }

  /** Makes again what of the network the kernel does not have as it should (`seen`). Within `standingStill`. */
  mend(networkId: string, seen: ForwardingSeen, moving: ReadonlySet<string>): Promise<void> {
    return this.mending.mend(networkId, seen, moving);
  }

  has(networkId: string): boolean {
    return this.state.records.find(networkId) !== undefined;
  }

  bridgeName(networkId: string): string {
    return bridgeOf(this.vni(networkId));
  }

  vxlanName(networkId: string): string {
    return vxlanOf(this.vni(networkId));
  }

  vni(networkId: string): number {
    return this.state.records.get(networkId).network.vni;
  }

  hostVethName(portId: string): string {
    return hostVethName(portId);
  }
}

/** What the rest of the agent sees of it; a simulated host has another behind it. */
export type Network = Pick<HostNetwork, keyof HostNetwork>;
