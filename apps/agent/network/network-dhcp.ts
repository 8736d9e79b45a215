import type { NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { join } from 'node:path';
import { DhcpServers } from './dhcp.js';
import { hasInstancePorts } from './host-network-state.js';
import type { HostNetworkState } from './host-network-state.js';
import type { NetworkRecord } from './network-records.js';

/**
 * DHCP of this host's networks, by their records and the desired state: which ports each server serves, under which
 * host names.
 */
export class NetworkDhcp {
  private readonly servers: DhcpServers;

  constructor(private readonly state: HostNetworkState) {
    this.servers = new DhcpServers(join(state.options.stateDirectory, 'dhcp'), state.options.cgroup);
  }

  /** Makes the server serve the ports of instances that are plugged in, and no others. */
  serve(record: NetworkRecord): Promise<void> {
    const { network, ports, access, hostnames = {} } = record;
    const nics = Object.values(ports).filter((nic) => !access.includes(nic.portId));
    const hostname = ({ portId }: Nic) => this.state.desired.hostname(portId) ?? hostnames[portId] ?? '';
    return this.servers.sync(
      network,
      nics.map((nic) => ({ nic, hostname: hostname(nic) })),
    );
  }

  /** Applies the document's subnets to the DHCP of this host's ports. */
  async applySubnets(networkId: string): Promise<void> {
    await this.state.inTurn(networkId, async () => {
      const record = this.state.records.find(networkId);
      if (record && hasInstancePorts(record)) await this.serve(record);
    });
  }

  /** Differences between the DHCP server that runs and the one that should, in words. */
  async compare(networkId: string): Promise<string[]> {
    const record = this.state.records.find(networkId);
    if (!record) return [];
    return this.servers.compare(this.state.desired.network(networkId) ?? record.network, hasInstancePorts(record));
  }

  /** As `DhcpServers.release`. */
  release(network: NetworkSpec, portId: string): Promise<void> {
    return this.servers.release(network, portId);
  }

  /** As `DhcpServers.remove`. */
  remove(vni: number): Promise<void> {
    return this.servers.remove(vni);
  }

  /** As `DhcpServers.reserve`, without waiting; a failure is logged. */
  reserveInBackground(nic: Nic, hostname: string): void {
    this.inBackground(this.servers.reserve(this.state.records.get(nic.networkId).network, nic, hostname));
  }

  /** As `serve`, without waiting; a failure is logged. */
  serveInBackground(record: NetworkRecord): void {
    this.inBackground(this.serve(record));
  }

  /** As `DhcpServers.ensure`, without waiting; a failure is logged. */
  ensureInBackground(network: NetworkSpec): void {
    this.inBackground(this.servers.ensure(network));
  }

  private inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.state.options.logger.error({ err: error }, 'DHCP server does not serve'));
  }
}
