import type { ForwardingEntry } from '#generated/lxstack/agent/v1/types';
import { MAC, requireName } from '#libs/common/names';
import { bridgeBatchForce, ipBatchForce } from './commands.js';
import { checkEntry, diffForwarding } from './forwarding.js';
import type { Forwarding } from './forwarding.js';
import type { HostNetworkState } from './host-network-state.js';
import { accessPortName } from './interface-names.js';

/** Where the frames of a network are sent from this host: the kernel's entries and the network's record. */
export class NetworkForwarding {
  constructor(private readonly state: HostNetworkState) {}

  /** Changes entries; returns false where this host does not have the network. */
  async set(
    networkId: string,
    entries: readonly ForwardingEntry[],
    removedMacs: readonly string[],
    complete: boolean,
  ): Promise<boolean> {
    return this.state.inTurn(networkId, async () => {
      if (!this.state.records.find(networkId)) return false;
      await this.apply(networkId, entries, removedMacs, complete);
      return true;
    });
  }

  /** Applies the document's peers, all of them or those that changed; leaves the MACs of PortsAhead alone. */
  async applyPeers(networkId: string, change?: { entries: ForwardingEntry[]; removedMacs: string[] }): Promise<void> {
    await this.state.inTurn(networkId, async () => {
      const record = this.state.records.find(networkId);
      const all = this.state.desired.peers(networkId);
      if (!record || !all) return;
      const ahead = this.state.ahead.macs();
      const mine = (entry: ForwardingEntry) => !ahead.has(entry.mac);
      if (change) {
        const removed = change.removedMacs.filter((mac) => !ahead.has(mac));
        return this.apply(networkId, change.entries.filter(mine), removed, false);
      }
      const kept = record.entries.filter(({ mac }) => ahead.has(mac));
      await this.apply(networkId, [...all.filter(mine), ...kept], [], true);
    });
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
      addresses.map((address) => `neigh del ${address} dev ${accessPortName(portId)}`),
    );
    await Promise.all([bridgeBatchForce(diff.bridge), ipBatchForce([...diff.ip, ...forgotten])]);
    record.entries = [...diff.next.values()];
    await this.state.records.keep(networkId);
  }
}
