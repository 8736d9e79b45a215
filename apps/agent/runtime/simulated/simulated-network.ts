import type { InstanceSpec, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { NotFoundError } from '#libs/common/errors';
import type { SettledPort } from '../../network/host-network-state.js';
import type { InspectedNetwork } from '../../network/network-mending.js';
import type { Network } from '../../network/network.js';
import type { FindGuest } from '../../network/port-links.js';

const NO_FILTERS = { chains: [], sets: [], filtered: [] };

/** Networks of a simulated host and their ports, in memory; no frame is sent. */
export class SimulatedNetwork implements Network {
  readonly inKernel = false;
  onSettled: (networkId: string, ports: readonly SettledPort[]) => void = () => {};
  findGuest: FindGuest = () => Promise.resolve(undefined);
  private readonly networks = new Map<string, { spec: NetworkSpec; ports: Map<string, Nic> }>();

  constructor(readonly vtep: string) {}

  readonly tracking = 'none';

  async applyGroups(): Promise<void> {}

  async unfilter(): Promise<void> {}

  async readConnections(): Promise<[]> {
    return [];
  }

  async putConnections(): Promise<void> {}

  async ensureNetwork(spec: NetworkSpec): Promise<void> {
    const known = this.networks.get(spec.id);
    if (known) known.spec = spec;
    else this.networks.set(spec.id, { spec, ports: new Map() });
  }

  async deleteNetwork(networkId: string): Promise<void> {
    this.networks.delete(networkId);
  }

  async removeIdle(): Promise<void> {
    for (const [id, { ports }] of this.networks) if (!ports.size) this.networks.delete(id);
  }

  async setForwarding(networkId: string): Promise<boolean> {
    return this.has(networkId);
  }

  current(spec: InstanceSpec): InstanceSpec {
    return spec;
  }

  async attach(spec: InstanceSpec): Promise<void> {
    for (const network of spec.networks) await this.ensureNetwork(network);
    for (const nic of spec.nics) this.network(nic.networkId).ports.set(nic.portId, nic);
  }

  async settle(): Promise<void> {}

  async applyRouter(): Promise<void> {}

  async removeRouter(): Promise<void> {}

  async removeOtherRouters(): Promise<void> {}

  async compareRouter(): Promise<string[]> {
    return [];
  }

  arriving(): void {}

  async detach(nics: readonly Nic[]): Promise<void> {
    for (const nic of nics) {
      this.networks.get(nic.networkId)?.ports.delete(nic.portId);
      this.onSettled(nic.networkId, [nic]);
    }
  }

  async ensurePort(network: NetworkSpec, nic: Nic): Promise<void> {
    await this.ensureNetwork(network);
    this.network(network.id).ports.set(nic.portId, nic);
  }

  async deletePort(portId: string): Promise<void> {
    for (const { ports } of this.networks.values()) ports.delete(portId);
  }

  async claimMac(nic: Nic): Promise<void> {
    this.onSettled(nic.networkId, [nic]);
  }

  async applyPorts(): Promise<void> {}

  async applySubnets(): Promise<void> {}

  async applyPeers(): Promise<void> {}

  async applyAllPeers(): Promise<void> {}

  inspect(networkId: string): InspectedNetwork | undefined {
    const found = this.networks.get(networkId);
    return (
      found && { network: found.spec, nics: [...found.ports.values()], pendingMacs: new Set(), filters: NO_FILTERS }
    );
  }

  async compareDhcp(): Promise<string[]> {
    return [];
  }

  standingStill<T>(_networkId: string, work: () => Promise<T>): Promise<T> {
    return work();
  }

  async mend(): Promise<void> {}

  has(networkId: string): boolean {
    return this.networks.has(networkId);
  }

  bridgeName(networkId: string): string {
    return `br-${this.vni(networkId)}`;
  }

  vxlanName(networkId: string): string {
    return `vx-${this.vni(networkId)}`;
  }

  vni(networkId: string): number {
    return this.network(networkId).spec.vni;
  }

  hostVethName(portId: string): string {
    return portId;
  }

  /** Throws NotFoundError. */
  private network(networkId: string): { spec: NetworkSpec; ports: Map<string, Nic> } {
    const found = this.networks.get(networkId);
    if (!found) throw new NotFoundError('Network', networkId);
    return found;
  }
}
