import type { ForwardingEntry } from '#generated/lxstack/agent/v1/types';
import { MAC, requireName } from '#libs/common/names';
import { bridgeBatchForce, ipBatchForce } from './commands.js';
import { checkEntry, diffForwarding } from './forwarding.js';
import type { Forwarding } from './forwarding.js';
import type { HostNetworkState } from './host-network-state.js';
import { accessPortName } from './interface-names.js';

/** Where the frames of a network go from here: entries of the kernel, and of the network's record. */
export class NetworkForwarding {
  constructor(private readonly state: HostNetworkState) {}

  /** False where this host does not have the network. */
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

  /** Where the document says that ports of a network are, all of them or those that changed; see PortsAhead. */
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

  /** Kernel and record; within the network's turn. `complete`: what is not among `entries` goes. */
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
    // An address may have had another owner, whose MAC an access port still remembers: nothing is flooded to tell it.
    const addresses = entries.filter(({ mac }) => !present.has(mac)).flatMap((entry) => entry.addresses);
    const forgotten = record.access.flatMap((portId) =>
      addresses.map((address) => `neigh del ${address} dev ${accessPortName(portId)}`),
    );
    await Promise.all([bridgeBatchForce(diff.bridge), ipBatchForce([...diff.ip, ...forgotten])]);
    record.entries = [...diff.next.values()];
    await this.state.records.keep(networkId);
  }
}
