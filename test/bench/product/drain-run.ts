import type { TestFleet } from '#test/e2e/fleet/test-fleet';

interface Drain {
  operation_id: string;
  state: string;
  total: number;
  done: number;
  items: { server_id: string; status: string; reason: string | null }[];
}

/** Drains to and fro between two hosts; all other hosts of the fleet are disabled meanwhile. */
export class DrainRun {
  private constructor(
    private readonly fleet: TestFleet,
    readonly hosts: readonly string[],
    private readonly others: readonly string[],
  ) {}

  static async between(fleet: TestFleet): Promise<DrainRun> {
    const hosts = fleet.local.hosts.slice(0, 2);
    // A fleet that ran before may have more hosts than were asked for.
    const services = await fleet.cloud.compute.services();
    const others = services
      .filter(({ host, status }) => status === 'enabled' && !hosts.includes(host))
      .map(({ host }) => host);
    const run = new DrainRun(fleet, hosts, others);
    for (const host of run.hosts) await run.set(host, 'enabled');
    for (const host of others) await run.set(host, 'disabled');
    return run;
  }

  /** Scheduler hints that place a server on the first host. */
  get onFirst(): object {
    return { availability_zone: `nova:${this.hosts[0]}` };
  }

  /** Drains with live moves only, so that none counts that went cold. Enables the host again afterwards. */
  async drain(host: string, parallel: number) {
    const { api, events } = this.fleet.cloud;
    const path = `/fleet/v1/hosts/${host}/drain`;
    const since = performance.now();
    const begun = await api.call<{ drain: Drain }>('POST', path, { parallel, live: 'require' });
    const { total, done, items } = await events.until(begun.drain.operation_id, 'the drain', 1_800_000, async () => {
      const { drain } = await api.call<{ drain: Drain }>('GET', path);
      return ['done', 'error', 'cancelled'].includes(drain.state) ? drain : undefined;
    });
    const seconds = (performance.now() - since) / 1000;
    await this.set(host, 'enabled');
    const failed = items.filter(({ status }) => status !== 'done');
    return { seconds, total, done, failures: failed.map(({ server_id, reason }) => `${server_id}: ${reason ?? ''}`) };
  }

  async end(): Promise<void> {
    for (const host of this.others) await this.set(host, 'enabled');
  }

  private async set(host: string, status: 'enabled' | 'disabled'): Promise<void> {
    await this.fleet.cloud.api.call('PUT', `/compute/v2.1/os-services/${host}`, { status });
  }
}
