import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Image } from '#libs/images/image.entity';
import { Network } from '#libs/networking/networks/network.entity';
import { Subnet } from '#libs/networking/subnets/subnet.entity';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { admin, ComputeApi, member } from './compute-api.js';

export interface ServerBody {
  id: string;
  name: string;
  status: string;
  addresses: Record<string, { addr: string }[]>;
  fault?: { message: string };
}

const transitions = new InstanceTransitions();

/**
 * The compute face with what a server needs: an image, a network, a flavor, two hosts. Nothing is built, because no
 * worker runs.
 */
export class ServersApi {
  private constructor(
    readonly api: ComputeApi,
    private readonly imageId: string,
    readonly networkId: string,
  ) {}

  static async start(): Promise<ServersApi> {
    const [api, imageId, networkId] = [await ComputeApi.start(), randomUUID(), randomUUID()];
    const { manager } = api.database;
    const image = { id: imageId, name: 'busybox', projectId: 'p-admin', sha256: 'a'.repeat(64), size: 1 };
    await manager.insert(Image, { ...image, status: 'active', visibility: 'public' });
    await manager.insert(Network, { id: networkId, name: 'net', projectId: 'p-member', vni: 7, shared: true });
    const pool = { allocationPools: [{ start: '10.9.0.2', end: '10.9.0.250' }], gatewayIp: '10.9.0.1' };
    await manager.insert(Subnet, { id: randomUUID(), projectId: 'p-member', networkId, cidr: '10.9.0.0/24', ...pool });
    for (const name of ['h1', 'h2']) await api.addHost(name);
    const flavor = { id: 'tiny', name: 'm1.tiny', ram: 64, vcpus: 1, disk: 1 };
    assert.equal((await api.ask(admin, 'POST', '/flavors', { flavor })).status, 200);
    await api.ask(admin, 'PUT', '/os-quota-sets/p-member', { quota_set: { instances: 100, cores: 100 } });
    return new ServersApi(api, imageId, networkId);
  }

  stop(): Promise<void> {
    return this.api.stop();
  }

  /** The body of a request for a server. */
  wanted(more: object = {}): { server: object } {
    const networks = [{ uuid: this.networkId }];
    return { server: { name: 'web', imageRef: this.imageId, flavorRef: 'tiny', networks, ...more } };
  }

  /** Makes a server, which waits to be built. */
  async create(more: object = {}): Promise<string> {
    const { status, body } = await this.api.ask(member, 'POST', '/servers', this.wanted(more));
    assert.equal(status, 202, JSON.stringify(body));
    return (body.server as ServerBody).id;
  }

  /** Makes a server that the database shows as ACTIVE on h1. */
  async active(more: object = {}): Promise<string> {
    const id = await this.create(more);
    const host = await this.api.database.manager.findOneByOrFail(Host, { name: 'h1' });
    await this.api.database.transaction(async (tx) => {
      await transitions.markPlaced(tx, id, host.id);
      await transitions.finishBuild(tx, id, host.id);
    });
    return id;
  }

  async show(id: string): Promise<ServerBody> {
    return (await this.api.ask(member, 'GET', `/servers/${id}`)).body.server as ServerBody;
  }
}
