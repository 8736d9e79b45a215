import type { Api } from './api.js';

export interface Port {
  id: string;
  name: string;
  status: string;
  mac_address: string;
  device_id: string;
  fixed_ips: { subnet_id: string; ip_address: string }[];
  'binding:host_id': string;
}

interface Named {
  id: string;
  name: string;
}

const base = '/networking/v2.0';

/** The part of Neutron's API that the demo, the tests and the benchmarks use. It takes names as unique. */
export class Network {
  constructor(private readonly api: Api) {}

  /** The network with this name and one subnet; made where it is missing. */
  async ensureNetwork(name: string, cidr: string): Promise<{ id: string; created: boolean }> {
    const { networks } = await this.api.call<{ networks: Named[] }>('GET', `${base}/networks?name=${name}`);
    if (networks[0]) return { id: networks[0].id, created: false };
    const made = await this.api.call<{ network: Named }>('POST', `${base}/networks`, { network: { name } });
    const subnet = { network_id: made.network.id, name: `${name}-subnet`, ip_version: 4, cidr };
    await this.api.call('POST', `${base}/subnets`, { subnet });
    return { id: made.network.id, created: true };
  }

  /** A port of the network that is plugged into the host's own namespace; made where it is missing. */
  async ensureHostPort(name: string, networkId: string, host: string): Promise<Port> {
    const { ports } = await this.api.call<{ ports: Port[] }>(
      'GET',
      `${base}/ports?name=${name}&network_id=${networkId}`,
    );
    if (ports[0]) return ports[0];
    const port = { name, network_id: networkId, 'binding:host_id': host, device_owner: 'lxstack:client' };
    return (await this.api.call<{ port: Port }>('POST', `${base}/ports`, { port })).port;
  }

  /** Neutron API: GET /ports/{id}. */
  async showPort(id: string): Promise<Port> {
    return (await this.api.call<{ port: Port }>('GET', `${base}/ports/${id}`)).port;
  }

  /** Neutron API: DELETE /ports/{id}. */
  async removePort(id: string): Promise<void> {
    await this.api.call('DELETE', `${base}/ports/${id}`);
  }
}
