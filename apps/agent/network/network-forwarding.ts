import type { ForwardingEntry } from '#generated/lxstack/agent/v1/types';
import { MAC, requireName } from '#libs/common/names';
import { bridgeBatchForce, ipBatchForce } from './commands.js';
import { checkEntry, diffForwarding, neighbourGone, neighbourRemoval, removeLines } from './forwarding.js';
import type { Forwarding } from './forwarding.js';
import type { HostNetworkState } from './host-network-state.js';
import { accessPortName } from './interface-names.js';
import { readForwarding } from './kernel-forwarding.js';
import type { ForwardingSeen } from './kernel-forwarding.js';
import type { NetworkRecord } from './network-records.js';

/** Where the document says that ports of a network are: those that changed. */
export interface PeerChange {
  entries: readonly ForwardingEntry[];
  removedMacs: readonly string[];
}

/** Where the frames of a network are sent from this host: the kernel's entries and the network's record. */
export class NetworkForwarding {
  constructor(private readonly state: HostNetworkState) {}

  /**
   * Applies entries that a call brings, unless the document has the network and is followed: then the document counts. Returns false where
   * this host does not have the network.
   */
  async set(
    networkId: string,
    entries: readonly ForwardingEntry[],
    removedMacs: readonly string[],
    complete: boolean,
  ): Promise<boolean> {
    return this.state.inTurn(networkId, async () => {
      if (!this.state.records.find(networkId)) return false;
      await this.applyGiven(networkId, entries, removedMacs, complete);
      return true;
    });
  }

  /** The same as `set`; the caller holds the network's turn. */
  async applyGiven(
    networkId: string,
    entries: readonly ForwardingEntry[],
    removedMacs: readonly string[],
    complete: boolean,
  ): Promise<void> {
    // A call is older than a document that is followed: its entry for a port that has left the document would stay for good.
    const { desired } = this.state;
    if (!desired.peers(networkId) || desired.overrule()) await this.apply(networkId, entries, removedMacs, complete);
  }

  /** The port's MAC is on this host from now on: this host sends no frame for it to the underlay. */
  async claim(networkId: string, mac: string): Promise<void> {
    const here = { mac, addresses: [], vtep: this.state.vtep };
    await this.state.inTurn(networkId, () => this.apply(networkId, [here], [], false));
  }

  /**
   * Applies the document's peers that changed; leaves the MACs of PendingPorts alone. `moving`: MACs of instances that are
   * being moved. A peer that the document has here would end the move's redirection of its frames, so it is left out.
   */
  async applyChange(networkId: string, change: PeerChange, moving: ReadonlySet<string>): Promise<void> {
    await this.state.inTurn(networkId, async () => {
      if (!this.state.records.find(networkId) || !this.state.desired.peers(networkId)) return;
      const pendingMacs = this.state.pendingPorts.macs();
      const { vtep } = this.state;
      const entries = change.entries.filter(
        (one) => !pendingMacs.has(one.mac) && !(moving.has(one.mac) && one.vtep === vtep),
      );
      const removed = change.removedMacs.filter((mac) => !pendingMacs.has(mac));
      await this.apply(networkId, entries, removed, false);
    });
  }

  /**
   * Applies all peers of the network that the document has, against what the kernel has: no record knows the entries that a
   * move or a killed agent has left there, or that stayed while the document did not have the network. Throws where the
   * network's devices are missing.
   */
  async applyAll(networkId: string, moving: ReadonlySet<string>): Promise<void> {
    await this.state.inTurn(networkId, async () => {
      const record = this.state.records.find(networkId);
      if (!record || !this.state.desired.peers(networkId)) return;
      const seen = await readForwarding(record.network.vni);
      await this.settle(record, seen, new Set([...this.state.pendingPorts.macs(), ...moving]));
    });
  }

  /**
   * Sets the record to what the kernel has (`seen`; undefined: nothing), then applies the document's peers; leaves the MACs
   * `apart` alone. The caller holds the network's turn.
   */
  async settle(record: NetworkRecord, seen: ForwardingSeen | undefined, apart: ReadonlySet<string>): Promise<void> {
    const { id, vni } = record.network;
    const { self, master } = seen?.fdb ?? { self: new Map<string, string>(), master: new Set<string>() };
    const known = [...(seen?.neighbours ?? [])];
    const addresses = Map.groupBy(known, ([, mac]) => mac);
    record.entries = [...self]
      .filter(([mac]) => master.has(mac))
      .map(([mac, vtep]) => ({ mac, vtep, addresses: (addresses.get(mac) ?? []).map(([address]) => address) }));
    const whole = new Set(record.entries.map(({ mac }) => mac));
    const isLeft = (mac: string) => !whole.has(mac) && !apart.has(mac);
    const halves = [...new Set([...self.keys(), ...master])].filter(isLeft);
    await Promise.all([
      bridgeBatchForce(halves.flatMap((mac) => removeLines(vni, mac))),
      ipBatchForce(known.filter(([, mac]) => isLeft(mac)).flatMap(([address]) => neighbourGone(vni, address))),
    ]);
    const wanted = (this.state.desired.peers(id) ?? []).filter(({ mac }) => !apart.has(mac));
    const kept = record.entries.filter(({ mac }) => apart.has(mac));
    await this.apply(id, [...wanted, ...kept], [], true);
  }

  /**
   * Changes kernel and record; the caller holds the network's turn. `complete`: entries that are not in `entries` are
   * removed.
   */
  async apply(
    networkId: string,
    entries: readonly ForwardingEntry[],
    removedMacs: readonly string[],
    complete: boolean,
  ): Promise<void> {
    const record = this.state.records.get(networkId);
    entries.forEach(checkEntry);
    removedMacs.forEach((mac) => requireName('removed_macs', mac, MAC, 'a MAC in lower case'));
    const present: Forwarding = new Map(record.entries.map((entry) => [entry.mac, entry]));
    const diff = diffForwarding(record.network.vni, this.state.vtep, present, { entries, removedMacs, complete });
    // An access port may remember another MAC for an address; no frame is flooded that would correct it, so the
    // neighbour is removed.
    const addresses = entries.filter(({ mac }) => !present.has(mac)).flatMap((entry) => entry.addresses);
    const forgotten = record.access.flatMap((portId) =>
      addresses.flatMap((address) => neighbourRemoval(accessPortName(portId), address)),
    );
    await Promise.all([bridgeBatchForce(diff.bridge), ipBatchForce([...diff.ip, ...forgotten])]);
    record.entries = [...diff.next.values()];
    await this.state.records.keep(networkId);
  }
}
