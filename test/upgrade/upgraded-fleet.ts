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

/** Path inside hosts of both trees, in the directory that all hosts mount. */
const ON_HOSTS = '/var/lib/lxstack-shared/trees';

/** The parts of a tree that an agent needs. */
const AGENT_PARTS = ['dist', 'apps', 'package.json'];

/** A fleet that a release has started. Each of its processes can be replaced by one of this tree, and back. */
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

  /** Ends api and worker as systemd does, and starts those of the other tree. */
  async controlPlane(tree: Tree): Promise<void> {
    const { local } = this.test;
    await local.endProcess('worker');
    await local.endProcess('api');
    await local.startProcess('api', this.trees[tree]);
    await local.startProcess('worker', this.trees[tree]);
  }

  /** Exchanges the host's tree and restarts its agent. Containers run on. */
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

  /** The differences that the running release's audit finds. */
  differences(): Promise<string[]> {
    return this.test.local.audit();
  }

  close(): void {
    this.test.close();
  }
}

/** Waits until the host's new agent listens; the lease does not tell, because the former agent's may still count. */
async function serving(host: SimHost): Promise<void> {
  while (!(await host.run(['ss', '-Hltn', 'sport = :7080'])).trim()) await sleep(100);
}

/** Makes hard links where both are on one file system: a tree's packages take half a gigabyte. */
async function share(layout: Layout, tree: Tree, from: string): Promise<void> {
  const place = join(layout.shared, 'trees', tree);
  await mkdir(place, { recursive: true });
  const parts = [...AGENT_PARTS.map((part) => join(from, part)), await realpath(join(from, 'node_modules'))];
  for (const part of parts) {
    if (!existsSync(part)) throw new Error(`the tree ${from} has no ${part}`);
    await command('cp', ['-a', '--link', part, place]).catch(() => command('cp', ['-a', part, place]));
  }
}
