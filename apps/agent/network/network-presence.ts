import type { ForwardingEntry, NetworkSpec } from '#generated/lxstack/agent/v1/types';
import { InvalidInputError, UnavailableError } from '#libs/common/errors';
import { Rounds } from '#libs/common/rounds';
import { checkNetwork } from './checks.js';
import { exists, isHooked, makeDevices, plug, removeDevices } from './devices.js';
import type { Tracking } from './filters/tracking.js';
import type { HostNetworkState } from './host-network-state.js';
import { bridgeOf, vxlanOf } from './interface-names.js';
import type { NetworkServices } from './network-services.js';
import type { NetworkForwarding } from './network-forwarding.js';
import type { NetworkRecord } from './network-records.js';
import { setMtu } from './port-links.js';

const IDLE_MS = 60_000;

/** Brings networks to this host and removes them: devices and records, also what a reboot has removed. */
export class NetworkPresence {
  constructor(
    private readonly state: HostNetworkState,
    private readonly forwarding: NetworkForwarding,
    private readonly services: NetworkServices,
  ) {}

  /** Makes the tables of filters, for the networks of the records. */
  async open(): Promise<void> {
    const bridges = this.state.records.all().flatMap(({ network, zone }) => {
      return zone === undefined ? [] : [{ bridge: bridgeOf(network.vni), zone }];
    });
    await this.state.filters.open(bridges);
  }

  /** Makes again what the kernel has lost of recorded networks (a reboot). Does not touch running traffic. */
  async restore(): Promise<void> {
    for (const record of this.state.records.all()) {
      this.state.used.set(record.network.id, Date.now());
      await this.restoreRecord(record);
    }
  }

  /** Removes idle networks from now on, every half IDLE_MS. */
  watchIdle(): void {
    const warn = (error: unknown) => this.state.options.logger.warn({ err: error }, 'idle network stays');
    new Rounds(IDLE_MS / 2, () => this.removeIdle(IDLE_MS), warn, { keepsAlive: false }).start();
  }

  /**
   * Makes bridge and VXLAN device unless they exist. Without `entries` the forwarding stays as it is. The document's
   * network counts more than `given`.
   */
  async ensure(given: NetworkSpec, entries: readonly ForwardingEntry[]): Promise<void> {
    const { records, used, vtep } = this.state;
    const network = this.state.desired.network(given.id) ?? withRoutes(given);
    checkNetwork(network);
    await this.takeOverVni(network);
    await this.state.inTurn(network.id, async () => {
      used.set(network.id, Date.now());
      const former = records.find(network.id);
      if (!former) await makeDevices(network, vtep, this.state.filters.tracking);
      const record = former ?? records.add(network);
      if (!former) await this.state.track(record);
      const before = record.network;
      record.network = network;
      if (former) await this.change(record, before);
      if (entries.length) await this.forwarding.applyGiven(network.id, entries, [], false);
      else if (!former || !same(before, network)) await records.keep(network.id);
    });
  }

  /** Removes everything of the network; a missing one is a success. Throws InvalidInputError where it has ports. */
  async delete(networkId: string): Promise<void> {
    await this.state.inTurn(networkId, async () => {
      const record = this.state.records.find(networkId);
      if (!record) return;
      const ports = Object.keys(record.ports).length;
      if (ports) throw new InvalidInputError('network_id', `a network without ports on this host, it has ${ports}`);
      await this.remove(record);
    });
  }

  /**
   * Removes networks that have had no port here for `idleMs`. The control plane does not tell each host of a deleted
   * network; and an instance that soon follows another finds its network as it was.
   */
  async removeIdle(idleMs: number): Promise<void> {
    const { records, used, desired } = this.state;
    const isIdle = ({ network, ports }: NetworkRecord) =>
      !Object.keys(ports).length && !desired.network(network.id) && (used.get(network.id) ?? 0) <= Date.now() - idleMs;
    for (const record of records.all().filter(isIdle))
      await this.state.inTurn(record.network.id, async () => {
        if (records.find(record.network.id) === record && isIdle(record)) await this.remove(record);
      });
  }

  /** Applies a changed network to its ports on this host. */
  private async change(record: NetworkRecord, before: NetworkSpec): Promise<void> {
    const { network } = record;
    const nics = Object.values(record.ports);
    if (before.mtu !== network.mtu) await setMtu(network, nics, this.state.findGuest);
    if (before.adminStateDown !== network.adminStateDown) await this.state.applyAdminState(network, nics);
    // The follower of the document applies its subnets, and reports where that fails.
    if (this.state.desired.network(network.id) || same(before, network) || !nics.length) return;
    this.services.serveInBackground(record);
  }

  /** The VNI of a deleted network may be another's now: removes what is left of the former first. */
  private async takeOverVni({ id, vni }: NetworkSpec): Promise<void> {
    const { records } = this.state;
    const former = records.all().find(({ network }) => network.vni === vni && network.id !== id);
    if (!former) return;
    await this.state.inTurn(former.network.id, async () => {
      if (records.find(former.network.id) !== former) return;
      if (Object.keys(former.ports).length) throw new UnavailableError(`VNI ${vni} is still in use here.`);
      await this.remove(former);
    });
  }

  private async remove(record: NetworkRecord): Promise<void> {
    const { network } = record;
    await this.services.remove(network);
    await removeDevices(network.vni);
    await this.state.untrack(record);
    await this.state.records.forget(network.id);
    this.state.used.delete(network.id);
  }

  private async restoreRecord(record: NetworkRecord): Promise<void> {
    const { network, entries } = record;
    const fresh = !(await exists(vxlanOf(network.vni)));
    if (fresh) {
      await makeDevices(network, this.state.vtep, this.state.filters.tracking);
      record.entries = [];
      await this.forwarding.apply(network.id, entries, [], true);
    }
    const ports = Object.values(record.ports);
    if (!fresh && !(await isTracked(record, this.state.filters.tracking))) {
      // An agent before security groups has made it: its ports have connections that nobody has tracked.
      record.loose = Object.keys(record.ports);
      await makeDevices(network, this.state.vtep, this.state.filters.tracking);
    }
    await this.state.track(record);
    await this.state.records.keep(network.id);
    await this.state.protect(ports);
    for (const portId of record.access) await plug(network, record.ports[portId]);
    if (ports.length) this.services.ensureInBackground(network);
  }
}

/** Adds the host routes that specs of older control planes do not have. */
function withRoutes(network: NetworkSpec): NetworkSpec {
  return { ...network, subnets: network.subnets.map((subnet) => ({ ...subnet, hostRoutes: subnet.hostRoutes ?? [] })) };
}

const same = (a: NetworkSpec, b: NetworkSpec): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Whether all connections of the network's ports have been tracked since the first. */
async function isTracked({ network, zone }: NetworkRecord, tracking: Tracking): Promise<boolean> {
  return zone !== undefined && (tracking !== 'br_netfilter' || (await isHooked(network.vni)));
}
