import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { ipBatchForce, removeLinks } from './commands.js';
import { makeDevices } from './devices.js';
import { hasInstancePorts } from './host-network-state.js';
import type { HostNetworkState } from './host-network-state.js';
import { bridgeOf, hostVethName, vxlanOf } from './interface-names.js';
import type { WantedFilters } from './filters/host-filters.js';
import type { Fdb } from './kernel-forwarding.js';
import type { NetworkServices } from './network-services.js';
import type { NetworkForwarding } from './network-forwarding.js';
import { setMtu } from './port-links.js';

/** A network as it should be on this host. */
export interface InspectedNetwork {
  network: NetworkSpec;
  /** The document's ports that are plugged in here. */
  nics: Nic[];
  /** MACs of ports that a call has brought and that the document does not have here yet. */
  pendingMacs: Set<string>;
  /** What the kernel should have of these ports' filters. */
  filters: WantedFilters;
}

/** What the kernel has of all networks' links and forwarding. */
export interface NetworksSeen {
  links: ReadonlyMap<string, { vni: number | undefined }>;
  fdb: ReadonlyMap<string, Fdb>;
  neighbours: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Tells how a network should be on this host, and repairs it in the kernel. */
export class NetworkMending {
  constructor(
    private readonly state: HostNetworkState,
    private readonly forwarding: NetworkForwarding,
    private readonly services: NetworkServices,
  ) {}

  /** How the network should be; undefined where this host does not have it. */
  inspect(networkId: string): InspectedNetwork | undefined {
    const record = this.state.records.find(networkId);
    if (!record) return undefined;
    const network = this.state.desired.network(networkId) ?? record.network;
    const nics = Object.values(record.ports)
      .filter((nic) => this.state.desired.nic(nic.portId))
      .map((nic) => this.state.nicAsDesired(nic));
    const filters = this.state.filters.wanted(nics.map((nic) => this.state.guarded(nic)));
    return { network, nics, pendingMacs: this.state.pendingPorts.macs(), filters };
  }

  /**
   * Makes again what the kernel (`seen`) lacks of the network or has otherwise. The caller holds the network's turn.
   * `moving`: MACs of instances that are being moved.
   */
  async mend(networkId: string, seen: NetworksSeen, moving: ReadonlySet<string>): Promise<void> {
    const record = this.state.records.find(networkId);
    if (!record) return;
    const { network, nics, pendingMacs } = this.inspect(networkId)!;
    const tunnel = seen.links.get(vxlanOf(network.vni));
    const wrong = tunnel !== undefined && tunnel.vni !== network.vni;
    if (wrong) await removeLinks([vxlanOf(network.vni)]);
    await makeDevices(network, this.state.vtep, this.state.filters.tracking);
    await this.state.track(record);
    record.network = network;
    await setMtu(network, nics, this.state.findGuest);
    const still = nics.filter((nic) => !moving.has(nic.mac));
    await ipBatchForce(still.map((nic) => `link set ${hostVethName(nic.portId)} master ${bridgeOf(network.vni)}`));
    await this.state.applyAdminState(network, still);
    await this.state.filters.rebuild();
    const fdb = wrong ? undefined : seen.fdb.get(vxlanOf(network.vni));
    const neighbours = seen.neighbours.get(bridgeOf(network.vni)) ?? new Map<string, string>();
    await this.forwarding.settle(record, fdb && { fdb, neighbours }, new Set([...pendingMacs, ...moving]));
    if (hasInstancePorts(record)) await this.services.serve(record);
  }
}
