import type { Nic } from '#generated/lxstack/agent/v1/types';
import { addConnections, connectionsOf } from './conntrack/connections.js';
import { packConnection, unpackConnection } from './conntrack/messages.js';
import type { HostNetworkState } from './host-network-state.js';

/** What conntrack knows of an instance's connections on one network, each as base64 (conntrack/messages.ts). */
export interface MovedConnections {
  networkId: string;
  connections: string[];
}

/** More than that are not taken along: they go on where the rules would let them begin. */
const MOST = 50_000;

/** The connections of ports that move to another host, so that its filters know them. */
export class NetworkConnections {
  constructor(private readonly state: HostNetworkState) {}

  /** At the source, once no more frames come to the ports here. */
  async read(nics: readonly Nic[]): Promise<MovedConnections[]> {
    const filtered = nics.map((nic) => this.state.nicAsDesired(nic)).filter(({ filter }) => filter);
    const byNetwork = [...Map.groupBy(filtered, ({ networkId }) => networkId)];
    return Promise.all(
      byNetwork.map(async ([networkId, ports]) => {
        const addresses = new Set(ports.flatMap(({ fixedIps }) => fixedIps.map(({ address }) => address)));
        const { zone } = this.state.records.get(networkId);
        const found = zone === undefined ? [] : await connectionsOf(zone, addresses);
        return { networkId, connections: found.slice(0, MOST).map(packConnection) };
      }),
    );
  }

  /**
   * At the target, before the first frame. Where the source has told nothing (its agent is of before security groups), or
   * the kernel refuses some, the ports' connections go on where the rules would let them begin.
   */
  async put(nics: readonly Nic[], moved: readonly MovedConnections[] | undefined): Promise<void> {
    let complete = moved !== undefined;
    for (const { networkId, connections } of moved ?? []) {
      const { zone } = this.state.records.get(networkId);
      const known = connections.flatMap((one) => unpackConnection(one) ?? []);
      const refused = zone === undefined ? known.length : await addConnections(zone, known);
      if (refused || connections.length >= MOST) complete = false;
    }
    if (!complete) await this.loosen(nics);
  }

  private async loosen(nics: readonly Nic[]): Promise<void> {
    for (const { networkId, portId } of nics) {
      const record = this.state.records.get(networkId);
      record.loose = [...new Set([...(record.loose ?? []), portId])];
    }
    await this.state.protect(nics.map((nic) => this.state.nicAsDesired(nic)));
  }
}
