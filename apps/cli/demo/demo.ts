import { Api } from '../client/api.js';
import { Compute, addressOf } from '../client/compute.js';
import type { Server } from '../client/compute.js';
import { Events } from '../client/events.js';
import { Hosts } from '../client/hosts.js';
import { Images } from '../client/images.js';
import { Network } from '../client/network.js';
import type { Port } from '../client/network.js';
import { PingPongSession } from '../client/ping-pong-session.js';
import type { PingPongReport } from '../client/ping-pong.js';
import type { LocalFleet } from './local-fleet.js';

export type ServerRole = 'live' | 'cold' | 'evacuated';

/** The APIs that the steps use, and the servers they have made. */
export class Demo {
  readonly images: Images;
  readonly network: Network;
  readonly compute: Compute;
  readonly hosts: Hosts;
  readonly imageIds = new Map<string, string>();
  readonly servers = new Map<ServerRole, string>();
  networkId = '';
  flavorId = '';

  private constructor(
    readonly fleet: LocalFleet,
    readonly api: Api,
    readonly events: Events,
  ) {
    this.images = new Images(api);
    this.network = new Network(api);
    this.compute = new Compute(api, events);
    this.hosts = new Hosts(api, events);
  }

  /** Connects to the fleet's APIs. */
  static async on(fleet: LocalFleet): Promise<Demo> {
    const api = new Api(fleet.access);
    return new Demo(fleet, api, await Events.open(api, fleet.access));
  }

  /** The server that plays this role. Throws where no step has made it. */
  async server(role: ServerRole): Promise<Server> {
    const id = this.servers.get(role);
    if (!id) throw new Error(`there is no server for "${role}"`);
    return this.compute.show(id);
  }

  /** Runs `work` and returns the reason of the last operation on the resource that failed meanwhile. */
  async failureDuring(resourceId: string, work: () => Promise<void>): Promise<string> {
    let reason = '';
    const forget = this.events.listen((event) => {
      if (event.resourceId === resourceId && typeof event.data.error === 'string') reason = event.data.error;
    });
    try {
      await work();
      return reason;
    } finally {
      forget();
    }
  }

  /** The server's ports. */
  async portsOf(serverId: string): Promise<Port[]> {
    const path = `/networking/v2.0/ports?device_id=${serverId}`;
    return (await this.api.call<{ ports: Port[] }>('GET', path)).ports;
  }

  /** A TCP connection from the client's namespace to the server's echo service. */
  connect(server: Server): Promise<PingPongSession> {
    return PingPongSession.open(this.fleet.client.namespace, addressOf(server).address);
  }

  /** Runs ping-pong from half a second before `work` until half a second after it. */
  async underTraffic<T>(server: Server, work: () => Promise<T>): Promise<{ seen: PingPongReport; result: T }> {
    const session = await this.connect(server);
    try {
      await pause();
      const result = await work();
      await pause();
      return { seen: await session.close(), result };
    } catch (error) {
      session.kill();
      throw error;
    }
  }

  /** Ends the connections. */
  close(): void {
    this.events.close();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 500));
}
