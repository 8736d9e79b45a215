import { join } from 'node:path';
import { Api } from '#apps/cli/client/api';
import { Compute } from '#apps/cli/client/compute';
import { Events } from '#apps/cli/client/events';
import { Images } from '#apps/cli/client/images';
import { Network } from '#apps/cli/client/network';
import { adminAccess } from '#apps/cli/fleet/access';
import { agentName } from '#apps/cli/fleet/agents';
import { startFleet, stopFleet } from '#apps/cli/fleet/fleet';
import { CLIENT_HOST, Layout } from '#apps/cli/fleet/layout';
import { simulatedProcesses } from '#apps/cli/fleet/simulated-hosts';
import { buildBusybox, busyboxRecipe } from '#apps/cli/guest-images/busybox';
import { cached } from '#apps/cli/hostroot/cache';
import { readPidFile } from '#apps/cli/process/pid-file';
import { Meter } from './meter.js';
import { renderReport } from './report.js';
import { Statements } from './statements.js';

const HOSTS = 10;
const CLIENTS = 8;
/** Rounds of servers built and deleted first: afterwards every host has the image, and the code is compiled. */
const WARM_UP = 2;
/** Servers asked for one after another, while nothing else goes on. */
const ALONE = 20;
/** Servers built before any is deleted: the hosts hold no more. */
const ROUND = 200;

/**
 * Eight clients ask for `n` servers on ten simulated hosts and delete them again: builds and deletes per second, and
 * CPU time by process.
 */
export async function benchBuilds(n: number): Promise<void> {
  const layout = new Layout(process.env.LXSTACK_DEPLOYMENT ?? 'builds');
  const progress = (line: string) => console.error(line);
  await startFleet(layout, { hosts: HOSTS, runtime: 'simulated' }, progress);
  const run = await BuildRun.on(layout);
  try {
    for (let i = 0; i < WARM_UP; i++) await run.delete(await run.build(ROUND));
    for (let i = 0; i < ALONE; i++) await run.post();
    await run.settled();
    await run.delete(run.built.splice(0));
    const alone = run.posts.splice(0).slice(-ALONE);
    const builds = run.meter('builds');
    const deletes = run.meter('deletes');
    for (let done = 0; done < n; done += ROUND) {
      const size = Math.min(ROUND, n - done);
      const ids = await builds.during(size, () => run.build(size));
      await deletes.during(size, () => run.delete(ids));
    }
    console.log(builds.report());
    console.log(deletes.report());
    console.log(
      renderReport('POST /servers', [
        { name: 'alone', values: alone },
        { name: `under load, ${CLIENTS} clients`, values: run.posts },
      ]),
    );
  } finally {
    await run.close();
    if (process.env.LXSTACK_DEPLOYMENT === undefined) await stopFleet(layout, false, progress);
  }
}

class BuildRun {
  readonly posts: number[] = [];
  readonly built: string[] = [];
  private readonly ended = new Map<string, number>();
  private wake = Promise.withResolvers<void>();

  private constructor(
    private readonly api: Api,
    private readonly events: Events,
    private readonly body: object,
    private readonly groups: Record<string, number[]>,
    private readonly statements: Statements,
  ) {
    events.listen(({ type, resourceId, data }) => {
      if (type !== 'operation' || !['done', 'error', 'cancelled'].includes(String(data.state))) return;
      if (data.state !== 'done') throw new Error(`${String(data.kind)} ended as ${String(data.state)}`);
      this.ended.set(`${String(data.kind)} ${resourceId}`, performance.now());
      this.wake.resolve();
    });
  }

  static async on(layout: Layout): Promise<BuildRun> {
    const access = await adminAccess(layout);
    const api = new Api(access);
    const events = await Events.open(api, access);
    const images = new Images(api);
    const archive = join(await cached('guest-busybox', busyboxRecipe, buildBusybox), 'busybox.tar.gz');
    const imageRef = (await images.ensure('busybox', () => archive)).id;
    const network = await new Network(api).ensureNetwork('builds', '10.40.0.0/16');
    const flavorRef = await new Compute(api, events).ensureFlavor('builds', { vcpus: 1, ram: 64, disk: 0 });
    await withoutQuota(api, access.project);
    return new BuildRun(
      api,
      events,
      { imageRef, flavorRef, networks: [{ uuid: network.id }] },
      {
        postgres: await pids(layout, ['postgres']),
        agents: await pids(layout, [agentName(CLIENT_HOST), simulatedProcesses[0]]),
        api: await pids(layout, ['api']),
        worker: await pids(layout, ['worker']),
        redis: await pids(layout, ['redis']),
      },
      await Statements.of(layout),
    );
  }

  async close(): Promise<void> {
    this.events.close();
    await this.statements.close();
  }

  /** Measures the fleet's processes and this one. */
  meter(what: string): Meter {
    return new Meter(what, this.groups, () => this.statements.executed());
  }

  /** Asks for `n` servers, eight at a time, and waits until all of them run. */
  async build(n: number): Promise<string[]> {
    const ids = await byClients(Array.from({ length: n }), async () => (await this.post()).id);
    await this.settled();
    return this.built.splice(0, ids.length);
  }

  async post(): Promise<{ id: string; ms: number }> {
    const begun = performance.now();
    const server = { name: 'bench-builds', ...this.body };
    const answer = await this.api.call<{ server: { id: string } }>('POST', '/compute/v2.1/servers', { server });
    const ms = performance.now() - begun;
    this.posts.push(ms);
    this.built.push(answer.server.id);
    return { id: answer.server.id, ms };
  }

  async settled(): Promise<void> {
    await this.until(this.built, 'instance.create');
  }

  async delete(ids: string[]): Promise<void> {
    await byClients(ids, (id) => this.api.call('DELETE', `/compute/v2.1/servers/${id}`));
    await this.until(ids, 'instance.delete');
  }

  private async until(ids: readonly string[], kind: string): Promise<void> {
    // The events' socket does not keep the process alive.
    const alive = setInterval(() => {}, 60_000);
    while (!ids.every((id) => this.ended.has(`${kind} ${id}`))) {
      await this.wake.promise;
      this.wake = Promise.withResolvers();
    }
    clearInterval(alive);
  }
}

/** Each client takes the next item when it has finished its last. */
async function byClients<Item, Result>(items: Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const left = items.entries();
  const results: Result[] = [];
  const client = async () => {
    for (const [index, item] of left) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return results;
}

async function pids(layout: Layout, names: string[]): Promise<number[]> {
  const found = await Promise.all(names.map((name) => readPidFile(layout.pidFile(name))));
  return found.map((pid, index) => {
    if (pid === undefined) throw new Error(`${names[index]} does not run`);
    return pid;
  });
}

async function withoutQuota(api: Api, project: string): Promise<void> {
  type Projects = { projects: { id: string }[] };
  const { projects } = await api.call<Projects>('GET', `/identity/v3/projects?name=${project}`);
  const quota_set = { instances: -1, cores: -1, ram: -1 };
  await api.call('PUT', `/compute/v2.1/os-quota-sets/${projects[0].id}`, { quota_set });
}
