import assert from 'node:assert/strict';
import { Demo } from '#apps/cli/demo/demo';
import { PingPongSession } from '#apps/cli/client/ping-pong-session';
import { addressOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { Layout } from '#apps/cli/fleet/layout';
import { guestImages, guestOfKind } from '#apps/cli/guest-images/guest-images';
import type { GuestKind } from '#apps/cli/guest-images/guest-images';
import { setting } from '#libs/common/config';
import { LocalFleet } from '#apps/cli/demo/local-fleet';

/** The fleet that `lxstack test` has started (named by the environment), with what every test needs. */
export class TestFleet {
  private constructor(
    readonly local: LocalFleet,
    readonly cloud: Demo,
    readonly images: Record<'debian' | 'busybox', string>,
    readonly networkId: string,
    readonly flavorId: string,
  ) {}

  /**
   * Opens the fleet. Makes images, network, flavor and the client's port once and keeps them between test files;
   * removes servers that a failed test has left.
   */
  static async open(deployment = setting('LXSTACK_DEPLOYMENT')): Promise<TestFleet> {
    const local = await LocalFleet.open(new Layout(deployment), await guestImages());
    const cloud = await Demo.on(local);
    const images = { debian: '', busybox: '' };
    for (const name of ['debian', 'busybox'] as const) {
      images[name] = (await cloud.images.ensure(name, () => local.images[name])).id;
    }
    const network = await cloud.network.ensureNetwork('e2e', '10.30.0.0/24');
    const port = await cloud.network.ensureHostPort('e2e-client', network.id, local.client.host);
    await cloud.events.until(port.id, 'the client is plugged in', 120_000, async () =>
      (await cloud.network.showPort(port.id)).status === 'ACTIVE' ? true : undefined,
    );
    const flavorId = await cloud.compute.ensureFlavor('e2e.small', { vcpus: 1, ram: 128, disk: 1 });
    const fleet = new TestFleet(local, cloud, images, network.id, flavorId);
    await fleet.setQuota({ instances: 100, cores: 100, ram: -1 });
    const left = (await cloud.compute.list()).filter((server) => /^(e2e|bench)-/.test(server.name));
    await fleet.remove(...left.map((server) => server.id));
    return fleet;
  }

  close(): void {
    this.cloud.close();
  }

  /** Asks for a server of the busybox image (or `debian`) and does not wait for it. */
  create(name: string, image: 'debian' | 'busybox' = 'busybox', more: object = {}): Promise<string> {
    return this.cloud.compute.create(name, this.images[image], this.flavorId, this.networkId, more);
  }

  /** Makes a server and waits until it is ACTIVE and answers. */
  async running(name: string, image: 'debian' | 'busybox' = 'busybox', more: object = {}): Promise<Server> {
    const server = await this.cloud.compute.settled(await this.create(name, image, more), 'ACTIVE');
    await this.answers(server);
    return server;
  }

  /** Id of the image of a guest of this kind. */
  async imageOfKind(kind: GuestKind): Promise<string> {
    return (await this.cloud.images.ensure(kind, () => guestOfKind(kind))).id;
  }

  /** Id of a flavor whose servers are prepared for live moves. */
  async statefulFlavor(): Promise<string> {
    const flavor = await this.cloud.compute.ensureFlavor('e2e.stateful', { vcpus: 1, ram: 128, disk: 1 });
    const extra = { extra_specs: { 'lxd:migration.stateful': 'true' } };
    await this.cloud.api.call('POST', `/compute/v2.1/flavors/${flavor}/os-extra_specs`, extra);
    return flavor;
  }

  /**
   * Waits until the echo service of the server answers the client. Where that takes long, prints once what the
   * audit says at that moment: the hosts mend what they find within half a minute, and nobody would know.
   */
  async answers(server: Server, patienceMs = 120_000): Promise<void> {
    const begun = Date.now();
    for (let isSaid = false; ;) {
      try {
        const session = await PingPongSession.open(this.local.client.namespace, addressOf(server).address);
        assert.ok((await session.close()).count > 0);
        return;
      } catch (error) {
        const passedMs = Date.now() - begun;
        if (passedMs > patienceMs) throw error;
        if (passedMs > 10_000 && !isSaid) {
          isSaid = true;
          console.log(`${server.name} does not answer after ${passedMs} ms; audit:`, await this.local.audit());
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  /** Waits until no task of the server runs, however the last one ended. */
  async ended(id: string, timeoutMs = 120_000): Promise<Server> {
    return this.cloud.events.until(id, `server ${id} has come to rest`, timeoutMs, async () => {
      const server = await this.cloud.compute.show(id);
      const resting = server['OS-EXT-STS:task_state'] === null && server.status !== 'BUILD';
      return resting || server.status === 'ERROR' ? server : undefined;
    });
  }

  /** A compute host that is up, other than `host`. */
  async otherHost(host: string): Promise<string> {
    const services = await this.cloud.compute.services();
    const found = services.find(
      (service) => service.state === 'up' && service.host !== host && this.local.hosts.includes(service.host),
    );
    assert.ok(found, `another host than ${host} is up`);
    return found.host;
  }

  /** Waits until the host's agent has promised to end this server when it loses its lease. */
  async promised(host: string, serverId: string): Promise<void> {
    await this.cloud.events.until(host, `${host} promises to fence ${serverId}`, 120_000, async () => {
      const path = `/fleet/v1/hosts/${host}/fence`;
      const { fence } = await this.cloud.api.call<{ fence: { instance_ids: string[] } }>('GET', path);
      return fence.instance_ids.includes(serverId) ? true : undefined;
    });
  }

  /** Sets quotas of the project in which the tests run (Nova: os-quota-sets). */
  private async setQuota(quota: Record<string, number>): Promise<void> {
    const { projects } = await this.cloud.api.call<{ projects: { id: string }[] }>(
      'GET',
      `/identity/v3/projects?name=${this.local.access.project}`,
    );
    await this.cloud.api.call('PUT', `/compute/v2.1/os-quota-sets/${projects[0].id}`, { quota_set: quota });
  }

  async remove(...ids: string[]): Promise<void> {
    await Promise.all(
      ids.map(async (id) => {
        await this.cloud.compute.remove(id);
        await this.cloud.compute.gone(id);
      }),
    );
  }

  /** Invariant 3: Postgres, agents and allocations agree, and nothing is left behind. */
  async assertAudited(): Promise<void> {
    assert.deepEqual(await this.local.audit(), []);
  }
}
