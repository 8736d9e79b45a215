import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { join } from 'node:path';
import { DhcpServers, servedSubnets, serverAddresses } from './dhcp.js';
import { hasInstancePorts } from './host-network-state.js';
import type { HostNetworkState } from './host-network-state.js';
import type { NetworkRecord } from './network-records.js';
import { namespaceFile, ServiceNamespaces } from './service-namespace.js';

/**
 * What this host serves the guests of its networks, DHCP and metadata, by the networks' records and the desired state:
 * which ports each server serves, under which host names.
 */
export class NetworkServices {
  private readonly namespaces = new ServiceNamespaces();
  private readonly dhcp: DhcpServers;

  constructor(private readonly state: HostNetworkState) {
    const { stateDirectory, cgroup, dhcpLeaseSeconds } = state.options;
    this.dhcp = new DhcpServers(join(stateDirectory, 'dhcp'), cgroup, dhcpLeaseSeconds);
  }

  /** Makes DHCP serve the ports of instances that are plugged in, and no others. */
  async serve(record: NetworkRecord): Promise<void> {
    const { network, ports, access, hostnames = {} } = record;
    const nics = Object.values(ports).filter((nic) => !access.includes(nic.portId));
    const hostname = ({ portId }: Nic) => this.state.desired.hostname(portId) ?? hostnames[portId] ?? '';
    const served = nics.map((nic) => ({ nic, hostname: hostname(nic) }));
    await this.within(network, () => this.dhcp.sync(network, served));
  }

  /** Applies the document's subnets to the DHCP of this host's ports. */
  async applySubnets(networkId: string): Promise<void> {
    await this.state.inTurn(networkId, async () => {
      const record = this.state.records.find(networkId);
      if (record && hasInstancePorts(record)) await this.serve(record);
    });
  }

  /** Differences between the DHCP server that runs and the one that should, and of metadata, in words. */
  async compare(networkId: string): Promise<string[]> {
    const record = this.state.records.find(networkId);
    if (!record) return [];
    const network = this.state.desired.network(networkId) ?? record.network;
    const needed = hasInstancePorts(record);
    const differences = await this.dhcp.compare(network, needed);
    if (needed && !(await this.isTold(network))) differences.push('metadata is not served');
    return differences;
  }

  /** As `DhcpServers.release`. */
  release(network: NetworkSpec, portId: string): Promise<void> {
    return this.dhcp.release(network, portId);
  }

  /** Ends the network's servers and removes their namespace. */
  async remove({ id, vni }: NetworkSpec): Promise<void> {
    this.state.options.metadata.end(id);
    await this.dhcp.remove(vni);
    await this.namespaces.remove(vni);
  }

  /** As `DhcpServers.reserve`, without waiting; a failure is logged. */
  reserveInBackground(nic: Nic, hostname: string): void {
    const { network } = this.state.records.get(nic.networkId);
    this.inBackground(this.within(network, () => this.dhcp.reserve(network, nic, hostname)));
  }

  /** As `serve`, without waiting; a failure is logged. */
  serveInBackground(record: NetworkRecord): void {
    this.inBackground(this.serve(record));
  }

  /** As `DhcpServers.ensure`, without waiting; a failure is logged. */
  ensureInBackground(network: NetworkSpec): void {
    this.inBackground(this.within(network, () => this.dhcp.ensure(network)));
  }

  /** Makes the namespace, then does `work`, then serves metadata. */
  private async within(network: NetworkSpec, work: () => Promise<void>): Promise<void> {
    await this.namespaces.ensure(network, serverAddresses(servedSubnets(network)));
    await work();
    await this.state.options.metadata.serve(network.id, namespaceFile(network.vni));
  }

  private async isTold({ id, vni }: NetworkSpec): Promise<boolean> {
    return this.namespaces.exists(vni) && this.state.options.metadata.serves(id, namespaceFile(vni));
  }

  private inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.state.options.logger.error({ err: error }, 'a network is not served'));
  }
}
