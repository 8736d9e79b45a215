import { readFile } from 'node:fs/promises';
import type { ApiAccess } from '../client/api.js';
import { audit } from '../commands/audit.js';
import { adminAccess } from '../fleet/access.js';
import { agentName, hostsOf, startAgent } from '../fleet/agents.js';
import { startApi, startWorker } from '../fleet/control-plane.js';
import { CLIENT_HOST, Layout } from '../fleet/layout.js';
import { clearCgroups } from '../fleet/leftovers.js';
import { readSettings } from '../fleet/settings.js';
import type { FleetSettings } from '../fleet/settings.js';
import { command } from '../process/command.js';
import { endProcess } from '../process/pid-file.js';
import type { GuestImages } from '../guest-images/guest-images.js';
import { SimHost } from '../simhost/sim-host.js';
import { RestoreFault } from './restore-fault.js';

/** A deployment on this machine, apart from its APIs: its processes, and what lies on its hosts. */
export class LocalFleet {
  /** The client's host (its agent has the role `network`) and network namespace. */
  readonly client: { host: string; namespace: string };
  /** Names of the compute hosts. */
  readonly hosts: string[];

  private constructor(
    readonly layout: Layout,
    readonly access: ApiAccess,
    private readonly settings: FleetSettings,
    /** Archives to upload to Glance. */
    readonly images: GuestImages,
  ) {
    this.client = { host: CLIENT_HOST, namespace: layout.namespace(CLIENT_HOST) };
    this.hosts = hostsOf(layout, settings.hosts)
      .map((host) => host.name)
      .filter((name) => name !== CLIENT_HOST);
  }

  /** Opens a deployment that runs. */
  static async open(layout: Layout, images: GuestImages): Promise<LocalFleet> {
    const settings = await readSettings(layout);
    if (!settings) throw new Error(`deployment ${layout.deployment} was never started`);
    return new LocalFleet(layout, await adminAccess(layout), settings, images);
  }

  /** The storage that the deployment was made with (LXSTACK_STORAGE). */
  get storage(): FleetSettings['storage'] {
    return this.settings.storage;
  }

  /** What an instance has left on a host: directories, images, cgroups, links. */
  async traces(host: string, instanceId: string, portIds: string[]): Promise<string[]> {
    const cgroups = `*/${this.layout.cgroup(host)}/*${instanceId}*`;
    const state = this.layout.host(host).agentState;
    const [groups, directories, links] = await Promise.all([
      command('find', ['/sys/fs/cgroup', '-ignore_readdir_race', '-type', 'd', '-path', cgroups]),
      command('find', [state, '-ignore_readdir_race', '-type', 'd', '-name', `*${instanceId}*`]),
      command('ip', ['-n', this.layout.namespace(host), '-o', 'link']),
    ]);
    const ports = portIds.map((id) => id.replaceAll('-', '').slice(0, 12));
    const names = lines(links).map((line) => line.split(': ')[1]?.split('@')[0] ?? '');
    const ofPorts = names.filter((name) => ports.some((port) => name.includes(port)));
    return [...lines(groups), ...lines(directories), ...ofPorts];
  }

  /** While `on`, every restore on `host` fails at its last stage but one. */
  async failRestores(host: string, on: boolean): Promise<void> {
    const fault = new RestoreFault(this.layout, host);
    await (on ? fault.set('refused') : fault.clear());
  }

  /** Kills the next restore on `host` at its last stage but one, and no later one; until failRestores(host, false). */
  async killNextRestore(host: string): Promise<void> {
    await new RestoreFault(this.layout, host).set('killed-once');
  }

  /** Runs a command inside an instance as its root; returns its stdout. */
  async runInside(host: string, instanceId: string, words: readonly string[]): Promise<string> {
    const attach = ['lxc-attach', '-n', instanceId, '-P', '/var/lib/lxstack-agent/instances', '--clear-env', '--'];
    return new SimHost(this.layout, host, '').run([...attach, ...words]);
  }

  /** Runs a command in a host as its root; returns its stdout. */
  runOn(host: string, words: readonly string[]): Promise<string> {
    return new SimHost(this.layout, host, '').run([...words]);
  }

  /** The whole log of the host's agent. */
  agentLog(host: string): Promise<string> {
    return readFile(this.layout.log(agentName(host)), 'utf8');
  }

  /** Sends SIGKILL to the host's agent and to all processes of its containers. */
  async killHost(host: string): Promise<void> {
    await this.killAgent(host);
    await clearCgroups(this.layout.cgroup(host));
  }

  /** Sends SIGKILL to the host's agent; containers run on. */
  async killAgent(host: string): Promise<void> {
    await endProcess(this.layout.pidFile(agentName(host)), 0, 'SIGKILL');
  }

  /** Starts the host's agent unless it runs. */
  async startAgent(name: string): Promise<void> {
    const host = hostsOf(this.layout, this.settings.hosts).find((candidate) => candidate.name === name);
    if (!host) throw new Error(`${this.layout.deployment} has no host ${name}`);
    await startAgent(host, this.settings);
  }

  /** Sends SIGKILL to the process. */
  async killProcess(name: 'api' | 'worker'): Promise<void> {
    await endProcess(this.layout.pidFile(name), 0, 'SIGKILL');
  }

  /** Starts the process unless it runs. `release`: the source tree of its program; this one by default. */
  async startProcess(name: 'api' | 'worker', release?: string): Promise<void> {
    if (name === 'api') await startApi(this.layout, this.settings.port, release);
    else await startWorker(this.layout, this.settings.port, release);
  }

  /** Asks the process to end, as systemd does, and waits for its end. */
  async endProcess(name: 'api' | 'worker'): Promise<void> {
    await endProcess(this.layout.pidFile(name));
  }

  /** Asks the host's agent to end, as systemd does, and waits for its end. Containers run on. */
  async endAgent(host: string): Promise<void> {
    await endProcess(this.layout.pidFile(agentName(host)));
  }

  /** Removes everything in Redis. */
  async emptyRedis(): Promise<void> {
    await command('redis-cli', ['-s', this.layout.redis.socket, 'flushall']);
  }

  /** Path of the file in which Glance keeps the only image of this size. */
  async blobOfSize(bytes: number): Promise<string> {
    const found = lines(await command('find', [this.layout.path('blobs'), '-type', 'f', '-size', `${bytes}c`]));
    if (found.length !== 1) throw new Error(`${found.length} blobs of ${bytes} bytes`);
    return found[0];
  }

  /** Every difference between Postgres, agents, allocations (invariant 3) and kernels (invariant 7), in words. */
  audit(): Promise<string[]> {
    return audit(this.layout);
  }

  /** As `audit`, after agents have mended their hosts' networks. */
  repair(): Promise<string[]> {
    return audit(this.layout, true);
  }
}

const lines = (text: string): string[] => text.split('\n').filter(Boolean);
