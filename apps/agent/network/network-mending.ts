import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { bridgeBatchForce, ipBatchForce, removeLinks } from './commands.js';
import { makeDevices } from './devices.js';
import { hasInstancePorts } from './host-network-state.js';
import type { HostNetworkState } from './host-network-state.js';
import { bridgeOf, hostVethName, vxlanOf } from './interface-names.js';
import type { NetworkDhcp } from './network-dhcp.js';
import type { NetworkForwarding } from './network-forwarding.js';
import type { NetworkRecord } from './network-records.js';
import { setMtu } from './port-links.js';

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

/** What an audit asks of a network: how it should be, and that what the kernel has lost is made again. */
export class NetworkMending {
  constructor(
    private readonly state: HostNetworkState,
    private readonly forwarding: NetworkForwarding,
    private readonly dhcp: NetworkDhcp,
  ) {}

  /** What should be here of the network; undefined where it is not made. */
  inspect(networkId: string): InspectedNetwork | undefined {
    const record = this.state.records.find(networkId);
    if (!record) return undefined;
    const network = this.state.desired.network(networkId) ?? record.network;
    const nics = Object.values(record.ports)
      .filter((nic) => this.state.desired.nic(nic.portId))
      .map((nic) => this.state.nicAsDesired(nic));
    return { network, nics, ahead: this.state.ahead.macs() };
  }

  /** Makes again what of the network the kernel does not have as it should (`seen`). Within the network's turn. */
  async mend(networkId: string, seen: ForwardingSeen, moving: ReadonlySet<string>): Promise<void> {
    const record = this.state.records.find(networkId);
    if (!record) return;
    const { network, nics, ahead } = this.inspect(networkId)!;
    const tunnel = seen.links.get(vxlanOf(network.vni));
    const wrong = tunnel !== undefined && tunnel.vni !== network.vni;
    if (wrong) await removeLinks([vxlanOf(network.vni)]);
    await makeDevices(network, this.state.vtep);
    record.network = network;
    await setMtu(network, nics, this.state.findGuest);
    const still = nics.filter((nic) => !moving.has(nic.mac));
    await ipBatchForce(still.map((nic) => `link set ${hostVethName(nic.portId)} master ${bridgeOf(network.vni)}`));
    await this.state.applyAdminState(network, still);
    await this.mendForwarding(record, wrong ? undefined : seen, new Set([...ahead, ...moving]));
    if (hasInstancePorts(record)) await this.dhcp.serve(record);
  }

  /** The record is set to what the kernel has, then the document's peers are applied; MACs `apart` are left alone. */
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
    const wanted = this.state.desired.peers(id) ?? [];
    const strays = known.filter(([, mac]) => !fdb?.self.has(mac) && !apart.has(mac));
    await ipBatchForce(strays.map(([address]) => `neigh del ${address} dev ${bridgeOf(vni)}`));
    const halves = [...(fdb?.self.keys() ?? [])].filter((mac) => !fdb!.master.has(mac) && !apart.has(mac));
    await bridgeBatchForce(halves.map((mac) => `fdb del ${mac} dev ${vxlanOf(vni)} self`));
    const kept = record.entries.filter(({ mac }) => apart.has(mac));
    await this.forwarding.apply(id, [...wanted.filter(({ mac }) => !apart.has(mac)), ...kept], [], true);
  }
}
