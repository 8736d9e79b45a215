import type { ForwardingEntry, InstanceSpec, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '#libs/common/logger';
import { InvalidInputError, NotFoundError, UnavailableError } from '#libs/common/errors';
import { MAC, UUID, requireName } from '#libs/common/names';
import { baseRules, protectPort, unprotect } from './anti-spoofing.js';
import { checkNetwork, checkNic } from './checks.js';
import { bridgeBatchForce, ipBatch, ipBatchForce, nft, removeLinks } from './commands.js';
import { exists, makeDevices, plug, removeDevices } from './devices.js';
import { DhcpServers } from './dhcp.js';
import { replaceFile } from '../state/atomic-file.js';
import { checkEntry, diffForwarding } from './forwarding.js';
import type { Forwarding } from './forwarding.js';
import { accessPortName, bridgeOf, hostVethName, vxlanOf } from './interface-names.js';

/** What is kept of a network over restarts of the agent. */
interface NetworkRecord {
  network: NetworkSpec;
  entries: ForwardingEntry[];
  /** Ports of this host: instance NICs and access ports. */
  ports: Record<string, Nic>;
  /** Those of them that are access ports, plugged into the host itself. */
  access: string[];
}

interface HostNetworkOptions {
  /** Of the agent's state; records are kept in `networks/`, DHCP in `dhcp/`. */
  stateDirectory: string;
  /** Underlay address, also the local VXLAN tunnel end point. */
  vtep: string;
  /** Directory under each cgroup hierarchy that holds all of this host. */
  cgroup: string;
  logger: Logger;
}

const IDLE_MS = 60_000;

/** The virtual networks of one host: bridges, VXLAN, forwarding, anti-spoofing, DHCP. Every method is idempotent. */
export class HostNetwork {
  private readonly records = new Map<string, NetworkRecord>();
  private readonly dhcp: DhcpServers;
  private readonly directory: string;
  /** When a network was last asked for or lost a port, in ms since 1970. */
  private readonly used = new Map<string, number>();
  /** One change at a time per network. */
  private readonly turns = new Map<string, Promise<unknown>>();

  private constructor(private readonly options: HostNetworkOptions) {
    this.directory = join(options.stateDirectory, 'networks');
    this.dhcp = new DhcpServers(join(options.stateDirectory, 'dhcp'), options.cgroup);
  }

  /** Reads what is kept, and makes again what the kernel has lost (a reboot). Running traffic is not touched. */
  static async open(options: HostNetworkOptions): Promise<HostNetwork> {
    const host = new HostNetwork(options);
    await mkdir(host.directory, { recursive: true });
    await nft(baseRules);
    for (const file of (await readdir(host.directory)).filter((name) => name.endsWith('.json'))) {
      const record = JSON.parse(await readFile(join(host.directory, file), 'utf8')) as NetworkRecord;
      host.records.set(record.network.id, record);
      host.used.set(record.network.id, Date.now());
      await host.restoreRecord(record);
    }
    host.watchIdle();
    return host;
  }

  private watchIdle(): void {
    const round = () =>
      this.removeIdle(IDLE_MS).catch((error: unknown) =>
        this.options.logger.warn({ err: error }, 'idle network stays'),
      );
    setInterval(() => void round(), IDLE_MS / 2).unref();
  }

  get vtep(): string {
    return this.options.vtep;
  }

  /** Makes bridge and VXLAN device where they are not there yet. Without `entries` the forwarding stays as it is. */
  async ensureNetwork(network: NetworkSpec, entries: readonly ForwardingEntry[] = []): Promise<void> {
    checkNetwork(network);
    await this.takeOverVni(network);
    await this.inTurn(network.id, async () => {
      this.used.set(network.id, Date.now());
      const record = this.records.get(network.id);
      if (!record) {
        await makeDevices(network, this.vtep);
        this.records.set(network.id, { network, entries: [], ports: {}, access: [] });
      } else if (record.network.mtu !== network.mtu) {
        await ipBatch([
          `link set ${bridgeOf(network.vni)} mtu ${network.mtu}`,
          `link set ${vxlanOf(network.vni)} mtu ${network.mtu}`,
        ]);
      }
      const changed = !record || JSON.stringify(record.network) !== JSON.stringify(network);
      this.records.get(network.id)!.network = network;
      if (record && changed && Object.keys(record.ports).length) this.reserveInBackground(this.dhcp.ensure(network));
      if (entries.length) await this.forward(network.id, entries, [], false);
      else if (changed) await this.keep(network.id);
    });
  }

  /** Removes everything of the network. One that is not there is a success; one that still has ports is refused. */
  async deleteNetwork(networkId: string): Promise<void> {
    await this.inTurn(networkId, async () => {
      const record = this.records.get(networkId);
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
      !Object.keys(ports).length && (this.used.get(network.id) ?? 0) <= Date.now() - idleMs;
    for (const record of [...this.records.values()].filter(isIdle))
      await this.inTurn(record.network.id, async () => {
        if (this.records.get(record.network.id) === record && isIdle(record)) await this.remove(record);
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
      if (!this.records.has(networkId)) return false;
      await this.forward(networkId, entries, removedMacs, complete);
      return true;
    });
  }

  /**
   * Before an instance starts: networks of its spec, and its ports protected before their veths exist. DHCP follows by
   * itself and holds nothing up: the runtime sets the addresses, only a guest that asks needs it.
   */
  async attach(spec: InstanceSpec): Promise<void> {
    for (const network of spec.networks) await this.ensureNetwork(network);
    for (const nic of spec.nics) {
      checkNic(nic);
      this.record(nic.networkId);
    }
    if (spec.nics.length) await nft(spec.nics.map((nic) => protectPort(nic)).join(''));
    await Promise.all(spec.nics.map((nic) => this.addPort(nic)));
    for (const nic of spec.nics) this.reserve(nic, spec.hostname);
  }

  /** After an instance has stopped for good: rules, DHCP, and the veth where the kernel has not removed it yet. */
  async detach(nics: readonly Nic[]): Promise<void> {
    if (!nics.length) return;
    await removeLinks(nics.map((nic) => hostVethName(nic.portId)));
    await nft(nics.map((nic) => unprotect(hostVethName(nic.portId))).join(''));
    await Promise.all(nics.map((nic) => this.dropPort(nic.networkId, nic.portId)));
  }

  /** An access port in the host's own namespace, with the NIC's MAC and addresses. */
  async ensurePort(network: NetworkSpec, nic: Nic, entries: readonly ForwardingEntry[]): Promise<void> {
    checkNic(nic);
    await this.ensureNetwork(network, entries);
    const { access } = this.record(network.id);
    if (!access.includes(nic.portId)) access.push(nic.portId);
    await nft(protectPort(nic));
    await this.addPort(nic);
    await plug(network, nic);
  }

  /** A port that is not there is a success. */
  async deletePort(portId: string): Promise<void> {
    requireName('port_id', portId, UUID, 'a UUID');
    for (const { network, ports } of this.records.values())
      if (ports[portId]) await this.detach([{ ...ports[portId], networkId: network.id }]);
  }

  /** The port's MAC is on this host from now on: no frame for it goes to the underlay. */
  async claimMac(nic: Nic): Promise<void> {
    this.record(nic.networkId);
    await this.setForwarding(nic.networkId, [{ mac: nic.mac, addresses: [], vtep: this.vtep }], [], false);
  }

  has(networkId: string): boolean {
    return this.records.has(networkId);
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
    const former = [...this.records.values()].find(({ network }) => network.vni === vni && network.id !== id);
    if (!former) return;
    await this.inTurn(former.network.id, async () => {
      if (this.records.get(former.network.id) !== former) return;
      if (Object.keys(former.ports).length) throw new UnavailableError(`VNI ${vni} is still in use here.`);
      await this.remove(former);
    });
  }

  private async remove({ network: { id, vni } }: NetworkRecord): Promise<void> {
    await this.dhcp.remove(vni);
    await removeDevices(vni);
    await rm(this.file(id), { force: true });
    this.records.delete(id);
    this.used.delete(id);
  }

  private record(networkId: string): NetworkRecord {
    const record = this.records.get(networkId);
    if (!record) throw new NotFoundError('Network', networkId);
    return record;
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
    if (ports.length) await nft(ports.map((nic) => protectPort(nic)).join(''));
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
    await this.keep(networkId);
  }

  private async addPort(nic: Nic): Promise<void> {
    await this.inTurn(nic.networkId, async () => {
      const record = this.record(nic.networkId);
      record.ports[nic.portId] = nic;
      await this.forward(nic.networkId, [], [nic.mac], false);
    });
  }

  private async dropPort(networkId: string, portId: string): Promise<void> {
    await this.inTurn(networkId, async () => {
      const record = this.records.get(networkId);
      if (!record?.ports[portId]) return;
      delete record.ports[portId];
      this.used.set(networkId, Date.now());
      record.access = record.access.filter((id) => id !== portId);
      await this.keep(networkId);
      await this.dhcp.release(record.network, portId);
    });
  }

  private reserve(nic: Nic, hostname: string): void {
    this.reserveInBackground(this.dhcp.reserve(this.record(nic.networkId).network, nic, hostname));
  }

  private reserveInBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.options.logger.error({ err: error }, 'DHCP server does not serve'));
  }

  private file(networkId: string): string {
    return join(this.directory, `${requireName('network_id', networkId, UUID, 'a UUID')}.json`);
  }

  private async keep(networkId: string): Promise<void> {
    await replaceFile(this.file(networkId), JSON.stringify(this.record(networkId)));
  }

  private async inTurn<T>(networkId: string, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(networkId) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.turns.set(networkId, mine);
    try {
      return await mine;
    } finally {
      if (this.turns.get(networkId) === mine) this.turns.delete(networkId);
    }
  }
}
