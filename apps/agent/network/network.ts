import type { ForwardingEntry, InstanceSpec, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { join } from 'node:path';
import type { Logger } from '#libs/common/logger';
import { InvalidInputError, UnavailableError } from '#libs/common/errors';
import { MAC, UUID, requireName } from '#libs/common/names';
import { baseRules, protectPort, unprotect } from './anti-spoofing.js';
import { checkNetwork, checkNic } from './checks.js';
import { bridgeBatchForce, ipBatchForce, nft, removeLinks } from './commands.js';
import type { DesiredNetworks } from './desired-networks.js';
import { exists, makeDevices, plug, removeDevices } from './devices.js';
import { DhcpServers } from './dhcp.js';
import { checkEntry, diffForwarding } from './forwarding.js';
import type { Forwarding } from './forwarding.js';
import { accessPortName, bridgeOf, hostVethName, vxlanOf } from './interface-names.js';
import { NetworkRecords } from './network-records.js';
import type { NetworkRecord } from './network-records.js';
import { isDown, setLinkStates, setMtu } from './port-links.js';
import type { FindGuest } from './port-links.js';
import { PortsAhead } from './ports-ahead.js';
import { Rounds } from '#libs/common/rounds';
import { Turns } from '../state/turns.js';

interface HostNetworkOptions {
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

const IDLE_MS = 60_000;

/** One network as it should be here. */
export interface InspectedNetwork {
  network: NetworkSpec;
  /** Ports that the document has here and that are plugged in. */
  nics: Nic[];
  /** MACs of ports that calls have brought and the document does not know here. */
  ahead: Set<string>;
}

/** The kernel's word on one network's forwarding. */
export interface ForwardingSeen {
  links: ReadonlyMap<string, { vni: number | undefined }>;
  fdb: ReadonlyMap<string, { self: ReadonlyMap<string, string>; master: ReadonlySet<string> }>;
  neighbours: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** The virtual networks of one host: bridges, VXLAN, forwarding, anti-spoofing, DHCP. Every method is idempotent. */
export class HostNetwork {
  /** A simulated host's is not: there is nothing to compare with what it should be. */
  readonly inKernel: boolean = true;
  private readonly dhcp: DhcpServers;
  private readonly ahead: PortsAhead;
  /** Told where a port has left or has settled here: what the document says of its MAC is to be applied. */
  onSettled: (networkId: string) => void = () => {};
  /** Where the guests are; set by who knows the instances. */
  findGuest: FindGuest = () => Promise.resolve(undefined);
  /** When a network was last asked for or lost a port, in ms since 1970. */
  private readonly used = new Map<string, number>();
  /** One change at a time per network. */
  private readonly turns = new Turns();

  private constructor(
    private readonly options: HostNetworkOptions,
    private readonly records: NetworkRecords,
  ) {
    this.ahead = new PortsAhead((portId) => options.desired.nic(portId) !== undefined);
    this.dhcp = new DhcpServers(join(options.stateDirectory, 'dhcp'), options.cgroup);
  }

  /** Reads what is kept, and makes again what the kernel has lost (a reboot). Running traffic is not touched. */
  static async open(options: HostNetworkOptions): Promise<HostNetwork> {
    const host = new HostNetwork(options, await NetworkRecords.open(options.stateDirectory));
    await nft(baseRules);
    for (const record of host.records.all()) {
      host.used.set(record.network.id, Date.now());
      await host.restoreRecord(record);
    }
    host.watchIdle();
    return host;
  }

  private watchIdle(): void {
    const warn = (error: unknown) => this.options.logger.warn({ err: error }, 'idle network stays');
    new Rounds(IDLE_MS / 2, () => this.removeIdle(IDLE_MS), warn, { keepsAlive: false }).start();
  }

  get vtep(): string {
    return this.options.vtep;
  }

  /**
   * Makes bridge and VXLAN device where they are not there yet. Without `entries` the forwarding stays as it is. What the
   * document says of the network counts more than `given`.
   */
  async ensureNetwork(given: NetworkSpec, entries: readonly ForwardingEntry[] = []): Promise<void> {
    const network = this.options.desired.network(given.id) ?? withRoutes(given);
    checkNetwork(network);
    await this.takeOverVni(network);
    await this.inTurn(network.id, async () => {
      this.used.set(network.id, Date.now());
      const former = this.records.find(network.id);
      if (!former) await makeDevices(network, this.vtep);
      const record = former ?? this.records.add(network);
      const before = record.network;
      record.network = network;
      if (former) await this.changeNetwork(record, before);
      if (entries.length) await this.forward(network.id, entries, [], false);
      else if (!former || !same(before, network)) await this.records.keep(network.id);
    });
  }

  /** What a changed network means for the ports that are plugged into it here. */
  private async changeNetwork(record: NetworkRecord, before: NetworkSpec): Promise<void> {
    const { network } = record;
    const nics = Object.values(record.ports);
    if (before.mtu !== network.mtu) await setMtu(network, nics, this.findGuest);
    if (before.adminStateDown !== network.adminStateDown) await this.applyAdminState(record, nics);
    // The document's subnets are applied by who follows it, and are told of when they fail.
    if (this.options.desired.network(network.id) || same(before, network) || !nics.length) return;
    this.reserveInBackground(this.serveDhcp(record));
  }

  /** Removes everything of the network. One that is not there is a success; one that still has ports is refused. */
  async deleteNetwork(networkId: string): Promise<void> {
    await this.inTurn(networkId, async () => {
      const record = this.records.find(networkId);
      if (!record) return;
      const ports = Object.keys(record.ports).length;
      if (ports) throw new InvalidInputError('network_id', `a network without ports on this host, it has ${ports}`);
      await this.remove(record);
    });
  }

  /**
   * Removes networks that have had no port here for `idleMs`: the control plane does not know whom to tell when one is
   * deleted, and the next instance of a network that comes and goes finds it as it was.
   */
  async removeIdle(idleMs: number): Promise<void> {
    const isIdle = ({ network, ports }: NetworkRecord) =>
      !Object.keys(ports).length &&
      !this.options.desired.network(network.id) &&
      (this.used.get(network.id) ?? 0) <= Date.now() - idleMs;
    for (const record of this.records.all().filter(isIdle))
      await this.inTurn(record.network.id, async () => {
        if (this.records.find(record.network.id) === record && isIdle(record)) await this.remove(record);
      });
  }

  /** False where this host does not have the network. */
  async setForwarding(
    networkId: string,
    entries: readonly ForwardingEntry[],
    removedMacs: readonly string[],
    complete: boolean,
  ): Promise<boolean> {
    return this.inTurn(networkId, async () => {
      if (!this.records.find(networkId)) return false;
      await this.forward(networkId, entries, removedMacs, complete);
      return true;
    });
  }

  /** The spec with its NICs as the document has them by now: what a stopped instance was last told may be old. */
  current(spec: InstanceSpec): InstanceSpec {
    return { ...spec, nics: spec.nics.map((nic) => this.nicAsDesired(nic)) };
  }

  /**
   * Before an instance starts: networks of its spec, and its ports protected before their veths exist. DHCP follows by
   * itself and holds nothing up: the runtime sets the addresses, only a guest that asks needs it.
   */
  async attach(spec: InstanceSpec): Promise<void> {
    for (const network of spec.networks) await this.ensureNetwork(network);
    const nics = spec.nics.map((nic) => this.nicAsDesired(nic));
    for (const nic of nics) {
      checkNic(nic);
      this.record(nic.networkId);
    }
    if (nics.length) await nft(nics.map((nic) => this.protection(nic)).join(''));
    await Promise.all(nics.map((nic) => this.addPort(nic, spec.hostname)));
    for (const nic of nics) this.reserve(nic, spec.hostname);
  }

  /** After an instance has started: veths of ports that are down go down. The rest is as LXC made it. */
  async settle(nics: readonly Nic[]): Promise<void> {
    for (const nic of nics) {
      const { network, ports } = this.record(nic.networkId);
      const port = ports[nic.portId] ?? nic;
      if (isDown(network, port)) await setLinkStates(network, [port]);
    }
  }

  /** These come by a live move: where their frames go is the move's until `claimMac`. */
  arriving(nics: readonly Nic[]): void {
    for (const nic of nics) this.ahead.arriving(nic.portId, nic.mac);
  }

  /** After an instance has stopped for good: rules, DHCP, and the veth where the kernel has not removed it yet. */
  async detach(nics: readonly Nic[]): Promise<void> {
    if (!nics.length) return;
    await removeLinks(nics.map((nic) => hostVethName(nic.portId)));
    await nft(nics.map((nic) => unprotect(hostVethName(nic.portId))).join(''));
    await Promise.all(nics.map((nic) => this.dropPort(nic.networkId, nic.portId)));
    for (const nic of nics) this.ahead.gone(nic.portId);
    for (const networkId of new Set(nics.map((nic) => nic.networkId))) this.onSettled(networkId);
  }

  /** An access port in the host's own namespace, with the NIC's MAC and addresses. */
  async ensurePort(network: NetworkSpec, given: Nic, entries: readonly ForwardingEntry[]): Promise<void> {
    const nic = this.nicAsDesired(given);
    checkNic(nic);
    await this.ensureNetwork(network, entries);
    const record = this.record(network.id);
    if (!record.access.includes(nic.portId)) record.access.push(nic.portId);
    await nft(this.protection(nic));
    await this.addPort(nic);
    await plug(record.network, nic);
    await this.settle([nic]);
  }

  /** A port that is not there is a success. */
  async deletePort(portId: string): Promise<void> {
    requireName('port_id', portId, UUID, 'a UUID');
    for (const { network, ports } of this.records.all())
      if (ports[portId]) await this.detach([{ ...ports[portId], networkId: network.id }]);
  }

  /** The port's MAC is on this host from now on: no frame for it goes to the underlay. */
  async claimMac(nic: Nic): Promise<void> {
    this.record(nic.networkId);
    await this.setForwarding(nic.networkId, [{ mac: nic.mac, addresses: [], vtep: this.vtep }], [], false);
    this.ahead.arrived(nic.portId);
    await this.settle([nic]);
    this.onSettled(nic.networkId);
  }

  /**
   * What the document says of ports that are plugged in here: rules and link. Those of no instance that has started
   * here are left to its start.
   */
  async applyPorts(networkId: string, portIds: readonly string[]): Promise<void> {
    await this.inTurn(networkId, async () => {
      const record = this.records.find(networkId);
      const nics = portIds.flatMap((id) => {
        const [present, wanted] = [record?.ports[id], this.options.desired.nic(id)];
        return present && wanted ? [{ ...wanted, name: present.name || wanted.name }] : [];
      });
      if (!record || !nics.length) return;
      nics.forEach((nic) => checkNic(nic));
      for (const nic of nics) record.ports[nic.portId] = nic;
      await this.applyAdminState(record, nics);
      await this.records.keep(networkId);
    });
  }

  /** DHCP as the document has subnets and ports; the ports of instances that are here get it. */
  async applySubnets(networkId: string): Promise<void> {
    await this.inTurn(networkId, async () => {
      const record = this.records.find(networkId);
      if (record && Object.keys(record.ports).some((id) => !record.access.includes(id))) await this.serveDhcp(record);
    });
  }

  /** Where the document says that ports of a network are, all of them or those that changed; see PortsAhead. */
  async applyPeers(networkId: string, change?: { entries: ForwardingEntry[]; removedMacs: string[] }): Promise<void> {
    await this.inTurn(networkId, async () => {
      const record = this.records.find(networkId);
      const all = this.options.desired.peers(networkId);
      if (!record || !all) return;
      const ahead = this.ahead.macs();
      const mine = (entry: ForwardingEntry) => !ahead.has(entry.mac);
      if (change) {
        const removed = change.removedMacs.filter((mac) => !ahead.has(mac));
        return this.forward(networkId, change.entries.filter(mine), removed, false);
      }
      const kept = record.entries.filter(({ mac }) => ahead.has(mac));
      await this.forward(networkId, [...all.filter(mine), ...kept], [], true);
    });
  }

  /** What should be here of the network; undefined where it is not made. */
  inspect(networkId: string): InspectedNetwork | undefined {
    const record = this.records.find(networkId);
    if (!record) return undefined;
    const network = this.options.desired.network(networkId) ?? record.network;
    const nics = Object.values(record.ports)
      .filter((nic) => this.options.desired.nic(nic.portId))
      .map((nic) => this.nicAsDesired(nic));
    return { network, nics, ahead: this.ahead.macs() };
  }

  /** Differences between the DHCP server that runs and the one that should, in words. */
  async compareDhcp(networkId: string): Promise<string[]> {
    const record = this.records.find(networkId);
    if (!record) return [];
    const needed = Object.keys(record.ports).some((id) => !record.access.includes(id));
    return this.dhcp.compare(this.options.desired.network(networkId) ?? record.network, needed);
  }

  /** Nothing changes the network while `work` runs. */
  standingStill<T>(networkId: string, work: () => Promise<T>): Promise<T> {
    return this.inTurn(networkId, work);
  }

  /** Makes again what of the network the kernel does not have as it should (`seen`). Within `standingStill`. */
  async mend(networkId: string, seen: ForwardingSeen, moving: ReadonlySet<string>): Promise<void> {
    const record = this.records.find(networkId);
    if (!record) return;
    const { network, nics, ahead } = this.inspect(networkId)!;
    const tunnel = seen.links.get(vxlanOf(network.vni));
    const wrong = tunnel !== undefined && tunnel.vni !== network.vni;
    if (wrong) await removeLinks([vxlanOf(network.vni)]);
    await makeDevices(network, this.vtep);
    record.network = network;
    await setMtu(network, nics, this.findGuest);
    const still = nics.filter((nic) => !moving.has(nic.mac));
    await ipBatchForce(still.map((nic) => `link set ${hostVethName(nic.portId)} master ${bridgeOf(network.vni)}`));
    await this.applyAdminState(record, still);
    await this.mendForwarding(record, wrong ? undefined : seen, new Set([...ahead, ...moving]));
    if (Object.keys(record.ports).some((id) => !record.access.includes(id))) await this.serveDhcp(record);
  }

  private async mendForwarding(
    record: NetworkRecord,
    seen: ForwardingSeen | undefined,
    apart: ReadonlySet<string>,
  ): Promise<void> {
    const { id, vni } = record.network;
    const fdb = seen?.fdb.get(vxlanOf(vni));
    const known = [...(seen?.neighbours.get(bridgeOf(vni)) ?? [])];
    const addresses = Map.groupBy(known, ([, mac]) => mac);
    record.entries = [...(fdb?.self ?? [])]
      .filter(([mac]) => fdb!.master.has(mac))
      .map(([mac, vtep]) => ({ mac, vtep, addresses: (addresses.get(mac) ?? []).map(([address]) => address) }));
    const wanted = this.options.desired.peers(id) ?? [];
    const strays = known.filter(([, mac]) => !fdb?.self.has(mac) && !apart.has(mac));
    await ipBatchForce(strays.map(([address]) => `neigh del ${address} dev ${bridgeOf(vni)}`));
    const halves = [...(fdb?.self.keys() ?? [])].filter((mac) => !fdb!.master.has(mac) && !apart.has(mac));
    await bridgeBatchForce(halves.map((mac) => `fdb del ${mac} dev ${vxlanOf(vni)} self`));
    const kept = record.entries.filter(({ mac }) => apart.has(mac));
    await this.forward(id, [...wanted.filter(({ mac }) => !apart.has(mac)), ...kept], [], true);
  }

  has(networkId: string): boolean {
    return this.records.find(networkId) !== undefined;
  }

  bridgeName(networkId: string): string {
    return bridgeOf(this.record(networkId).network.vni);
  }

  vxlanName(networkId: string): string {
    return vxlanOf(this.record(networkId).network.vni);
  }

  vni(networkId: string): number {
    return this.record(networkId).network.vni;
  }

  hostVethName(portId: string): string {
    return hostVethName(portId);
  }

  /** A deleted network's VNI may be another's now: what is left of the former goes before. */
  private async takeOverVni({ id, vni }: NetworkSpec): Promise<void> {
    const former = this.records.all().find(({ network }) => network.vni === vni && network.id !== id);
    if (!former) return;
    await this.inTurn(former.network.id, async () => {
      if (this.records.find(former.network.id) !== former) return;
      if (Object.keys(former.ports).length) throw new UnavailableError(`VNI ${vni} is still in use here.`);
      await this.remove(former);
    });
  }

  private async remove({ network: { id, vni } }: NetworkRecord): Promise<void> {
    await this.dhcp.remove(vni);
    await removeDevices(vni);
    await this.records.forget(id);
    this.used.delete(id);
  }

  private record(networkId: string): NetworkRecord {
    return this.records.get(networkId);
  }

  private nicAsDesired(nic: Nic): Nic {
    const wanted = this.options.desired.nic(nic.portId);
    return wanted ? { ...wanted, name: nic.name || wanted.name } : nic;
  }

  private protection(nic: Nic): string {
    return protectPort(nic, isDown(this.record(nic.networkId).network, nic));
  }

  private async applyAdminState(record: NetworkRecord, nics: readonly Nic[]): Promise<void> {
    if (nics.length) await nft(nics.map((nic) => this.protection(nic)).join(''));
    await setLinkStates(record.network, nics);
  }

  private serveDhcp(record: NetworkRecord): Promise<void> {
    const { network, ports, access, hostnames = {} } = record;
    const nics = Object.values(ports).filter((nic) => !access.includes(nic.portId));
    const hostname = ({ portId }: Nic) => this.options.desired.hostname(portId) ?? hostnames[portId] ?? '';
    return this.dhcp.sync(
      network,
      nics.map((nic) => ({ nic, hostname: hostname(nic) })),
    );
  }

  private async restoreRecord(record: NetworkRecord): Promise<void> {
    const { network, entries } = record;
    const fresh = !(await exists(vxlanOf(network.vni)));
    if (fresh) {
      await makeDevices(network, this.vtep);
      record.entries = [];
      await this.forward(network.id, entries, [], true);
    }
    const ports = Object.values(record.ports);
    if (ports.length) await nft(ports.map((nic) => this.protection(nic)).join(''));
    for (const portId of record.access) await plug(network, record.ports[portId]);
    if (ports.length) this.reserveInBackground(this.dhcp.ensure(network));
  }

  private async forward(
    networkId: string,
    entries: readonly ForwardingEntry[],
    removedMacs: readonly string[],
    complete: boolean,
  ): Promise<void> {
    const record = this.record(networkId);
    entries.forEach(checkEntry);
    removedMacs.forEach((mac) => requireName('removed_macs', mac, MAC, 'a MAC in lower case'));
    const present: Forwarding = new Map(record.entries.map((entry) => [entry.mac, entry]));
    const diff = diffForwarding(record.network.vni, this.vtep, present, { entries, removedMacs, complete });
    // An address may have had another owner, whose MAC an access port still remembers: nothing is flooded to tell it.
    const addresses = entries.filter(({ mac }) => !present.has(mac)).flatMap((entry) => entry.addresses);
    const forgotten = record.access.flatMap((portId) =>
      addresses.map((address) => `neigh del ${address} dev ${accessPortName(portId)}`),
    );
    await Promise.all([bridgeBatchForce(diff.bridge), ipBatchForce([...diff.ip, ...forgotten])]);
    record.entries = [...diff.next.values()];
    await this.records.keep(networkId);
  }

  private async addPort(nic: Nic, hostname?: string): Promise<void> {
    await this.inTurn(nic.networkId, async () => {
      const record = this.record(nic.networkId);
      record.ports[nic.portId] = nic;
      if (hostname) record.hostnames = { ...record.hostnames, [nic.portId]: hostname };
      this.ahead.attached(nic.portId, nic.mac);
      await this.forward(nic.networkId, [], [nic.mac], false);
    });
  }

  private async dropPort(networkId: string, portId: string): Promise<void> {
    await this.inTurn(networkId, async () => {
      const record = this.records.find(networkId);
      if (!record?.ports[portId]) return;
      delete record.ports[portId];
      delete record.hostnames?.[portId];
      this.used.set(networkId, Date.now());
      record.access = record.access.filter((id) => id !== portId);
      await this.records.keep(networkId);
      await this.dhcp.release(record.network, portId);
    });
  }

  private reserve(nic: Nic, hostname: string): void {
    this.reserveInBackground(this.dhcp.reserve(this.record(nic.networkId).network, nic, hostname));
  }

  private reserveInBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.options.logger.error({ err: error }, 'DHCP server does not serve'));
  }

  private inTurn<T>(networkId: string, work: () => Promise<T>): Promise<T> {
    return this.turns.take(networkId, work);
  }
}

/** What the rest of the agent sees of it; a simulated host has another behind it. */
export type Network = Pick<HostNetwork, keyof HostNetwork>;

/** Specs that were written down before there were host routes have none. */
function withRoutes(network: NetworkSpec): NetworkSpec {
  return { ...network, subnets: network.subnets.map((subnet) => ({ ...subnet, hostRoutes: subnet.hostRoutes ?? [] })) };
}

const same = (a: NetworkSpec, b: NetworkSpec): boolean => JSON.stringify(a) === JSON.stringify(b);
