import { existsSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLIENT_HOST, HOST_REPOSITORY, Layout, repository } from '#apps/cli/fleet/layout';
import { command } from '#apps/cli/process/command';
import { SimHost } from '#apps/cli/simhost/sim-host';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import type { Release } from './release.js';

/** Which of the two trees a process comes from. */
export type Tree = 'old' | 'new';

/** Where hosts find both trees: the directory that all of them mount. */
const ON_HOSTS = '/var/lib/lxstack-shared/trees';

/** What an agent's program needs of a tree. */
const AGENT_PARTS = ['dist', 'apps', 'package.json'];

/** A fleet that was started by a release, and each of whose processes can be replaced by one of this tree and back. */
export class UpgradedFleet {
  private constructor(
    readonly test: TestFleet,
    private readonly layout: Layout,
    private readonly trees: Record<Tree, string>,
  ) {}

  /** Starts the release's fleet of three hosts by the release's own command. */
  static async start(release: Release, deployment: string): Promise<UpgradedFleet> {
    const layout = new Layout(deployment);
    await release.lxstack('-d', deployment, 'up', '--hosts', '3');
    const trees = { old: release.directory, new: repository };
    for (const tree of ['old', 'new'] as const) await share(layout, tree, trees[tree]);
    return new UpgradedFleet(await TestFleet.open(), layout, trees);
  }

  get hosts(): string[] {
    return [...this.test.local.hosts, CLIENT_HOST];
  }

  /** API and worker end as systemd ends them, and those of the other tree take their place. */
  async controlPlane(tree: Tree): Promise<void> {
    const { local } = this.test;
    await local.endProcess('worker');
    await local.endProcess('api');
    await local.startProcess('api', this.trees[tree]);
    await local.startProcess('worker', this.trees[tree]);
  }

  /** The host's tree is exchanged, and its agent restarted. Containers run on. */
  async agent(host: string, tree: Tree): Promise<void> {
    const { local, cloud } = this.test;
    const inside = new SimHost(this.layout, host, '');
    await local.endAgent(host);
    await inside.run(['umount', '-l', HOST_REPOSITORY]);
    await inside.run(['mount', '--bind', `${ON_HOSTS}/${tree}`, HOST_REPOSITORY]);
    await local.startAgent(host);
    await serving(inside);
    await cloud.events.until(host, `host ${host} is up`, 600_000, async () => {
      const { hosts } = await cloud.api.call<{ hosts: { name: string; state: string }[] }>('GET', '/fleet/v1/hosts');
      return hosts.some(({ name, state }) => name === host && state === 'up') ? true : undefined;
    });
  }

  /** Every difference that the audit of the running release sees. */
  differences(): Promise<string[]> {
    return this.test.local.settledAudit();
  }

  close(): void {
    this.test.close();
  }
}

/** The lease of the agent before may still count: whether this one listens is asked of the host. */
async function serving(host: SimHost): Promise<void> {
  while (!(await host.run(['ss', '-Hltn', 'sport = :7080'])).trim()) await sleep(100);
}

/** Hard links, where both lie on one file system: a tree's packages are half a gigabyte. */
async function share(layout: Layout, tree: Tree, from: string): Promise<void> {
  const place = join(layout.shared, 'trees', tree);
  await mkdir(place, { recursive: true });
  const parts = [...AGENT_PARTS.map((part) => join(from, part)), await realpath(join(from, 'node_modules'))];
  for (const part of parts) {
    if (!existsSync(part)) throw new Error(`the tree ${from} has no ${part}`);
    await command('cp', ['-a', '--link', part, place]).catch(() => command('cp', ['-a', part, place]));
  }
}
