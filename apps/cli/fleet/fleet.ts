import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api, ApiError } from '../client/api.js';
import { hostRoot } from '../hostroot/host-root.js';
import { ensurePki } from '../pki/cluster-pki.js';
import { endProcess } from '../process/pid-file.js';
import { startPostgres } from '../services/postgres.js';
import { startRedis } from '../services/redis.js';
import { unmountBtrfs } from '../simhost/btrfs-disk.js';
import { ensureSwitch, namespacesOf } from '../simhost/underlay.js';
import { adminAccess } from './access.js';
import { agentName, hostsOf, joinHost, startAgent } from './agents.js';
import { startControlPlane } from './control-plane.js';
import { clearCgroups, clearHostDirectories, clearNamespaces } from './leftovers.js';
import type { Layout } from './layout.js';
import { currentBuild, ensureAdminPassword, readSettings, storageOf, writeSettings } from './settings.js';
import type { FleetSettings } from './settings.js';
import { simulatedProcesses, startSimulatedHosts } from './simulated-hosts.js';

const STALLED_MS = 180_000;

export type Progress = (line: string) => void;

/** Starts what does not run yet of a deployment, after clearing what is left of hosts that were killed. */
export async function startFleet(
  layout: Layout,
  wanted: Partial<Pick<FleetSettings, 'hosts' | 'runtime'>>,
  progress: Progress,
): Promise<FleetSettings> {
  await mkdir(layout.directory, { recursive: true, mode: 0o755 });
  const before = await readSettings(layout);
  const settings: FleetSettings = {
    hosts: wanted.hosts ?? before?.hosts ?? 3,
    runtime: wanted.runtime ?? before?.runtime ?? 'lxc',
    storage: storageOf(before),
    port: before?.port ?? 0,
    build: await currentBuild(),
  };
  const timed = timer(progress);
  await clearDeadHosts(layout, before, progress);
  if (before && before.build !== settings.build)
    await timed('end what an older build runs', endProcesses(layout, before));
  const root = await timed('host root (Debian 13, LXC, CRIU)', hostRoot());
  await timed('PostgreSQL and Redis', startServers(layout));
  await timed('network namespaces', ensureSwitch(layout));
  settings.port = await timed('api and worker', startControlPlane(layout, settings));
  await writeSettings(layout, settings);
  const hosts = hostsOf(layout, settings.hosts);
  const simulated = settings.runtime === 'simulated' ? hosts.filter((host) => host.keepsInstances) : [];
  const starting = hosts
    .filter((host) => !simulated.includes(host))
    .map(async (host) => {
      await host.start(root, settings.storage === 'btrfs');
      await joinHost(host);
      await startAgent(host, settings);
    });
  if (simulated.length)
    starting.push(
      startSimulatedHosts(
        layout,
        simulated.map((host) => host.name),
      ),
    );
  await timed(`${settings.hosts} hosts and the client's`, Promise.all(starting));
  await timed(
    'hosts up',
    untilUp(
      layout,
      hosts.map((host) => host.name),
    ),
  );
  return settings;
}

async function startServers(layout: Layout): Promise<void> {
  await ensureAdminPassword(layout);
  await mkdir(layout.path('blobs'), { recursive: true, mode: 0o700 });
  await Promise.all([
    startPostgres(layout),
    startRedis(layout),
    ensurePki(layout.path('pki'), layout.deployment, ['api', 'worker']),
  ]);
}

/**
 * Ends everything of the deployment: nothing of it stays running, mounted or bridged. `purge` removes its state too.
 */
export async function stopFleet(layout: Layout, purge: boolean, progress: Progress): Promise<void> {
  const settings = await readSettings(layout);
  const names = hostsOf(layout, settings?.hosts ?? 0).map((host) => host.name);
  const timed = timer(progress);
  await timed('api, worker and agents', endProcesses(layout, { hosts: settings?.hosts ?? 0 }));
  await timed('containers and hosts', clearHosts(layout, names));
  await timed('PostgreSQL and Redis', endServers(layout));
  if (purge) await timed('state', rm(layout.directory, { recursive: true, force: true }));
}

/** Ends the processes. Containers run on; the next worker resumes the operations. */
async function endProcesses(layout: Layout, { hosts }: Pick<FleetSettings, 'hosts'>): Promise<void> {
  const agents = [...hostsOf(layout, hosts).map((host) => agentName(host.name)), ...simulatedProcesses];
  await Promise.all(['worker', 'api', ...agents].map((name) => endProcess(layout.pidFile(name))));
}

async function endServers(layout: Layout): Promise<void> {
  // SIGINT is PostgreSQL's fast shutdown, which does not wait for clients.
  await Promise.all([endProcess(layout.pidFile('postgres'), 20_000, 'SIGINT'), endProcess(layout.pidFile('redis'))]);
}

async function clearHosts(layout: Layout, names: readonly string[]): Promise<void> {
  await clearCgroups(`lxstack-${layout.deployment}`);
  await Promise.all(names.map((name) => endProcess(layout.pidFile(`host-${name}`), 0)));
  await clearNamespaces(await namespacesOf(layout));
  await Promise.all(names.map((name) => unmountBtrfs(layout.host(name).agentState)));
  await clearHostDirectories(layout);
}

/** A host without its holder process was killed: clears what it left, so that it starts anew from its agent's state. */
async function clearDeadHosts(layout: Layout, before: FleetSettings | undefined, progress: Progress): Promise<void> {
  const present = await namespacesOf(layout);
  for (const host of hostsOf(layout, before?.hosts ?? 0)) {
    if ((await host.running()) || !present.includes(layout.namespace(host.name))) continue;
    progress(`clearing what host ${host.name} left behind`);
    await clearCgroups(layout.cgroup(host.name));
    await clearNamespaces([layout.namespace(host.name)]);
  }
}

/**
 * Waits until the hosts are up. It gives up where nothing has changed for long, because machines differ too much for a
 * fixed limit.
 */
async function untilUp(layout: Layout, names: string[]): Promise<void> {
  const api = new Api(await adminAccess(layout));
  let [seen, changedAt] = [-1, Date.now()];
  for (;;) {
    const up = await hostsUp(api).catch(noneWhereBusy);
    if (names.every((name) => up.has(name))) return;
    if (up.size !== seen) [seen, changedAt] = [up.size, Date.now()];
    if (Date.now() - changedAt > STALLED_MS)
      throw new Error(`${up.size} of ${names.length} hosts have come up, and no other for minutes: ./lxstack logs`);
    await sleep(250);
  }
}

/**
 * No host where the control plane is too busy to answer, for example while a thousand hosts join at once; else throws.
 */
function noneWhereBusy(error: unknown): Set<string> {
  if (error instanceof ApiError && error.status === 503) return new Set();
  throw error;
}

async function hostsUp(api: Api): Promise<Set<string>> {
  const up = new Set<string>();
  for (let marker = ''; ;) {
    type Page = { hosts: { id: string; name: string; state: string }[] };
    const path = `/fleet/v1/hosts?limit=1000${marker && `&marker=${marker}`}`;
    const { hosts } = await api.call<Page>('GET', path);
    for (const { name, state } of hosts) if (state === 'up') up.add(name);
    if (hosts.length < 1000) return up;
    marker = hosts.at(-1)!.id;
  }
}

/** Reports how long each part took. */
function timer(progress: Progress): <T>(what: string, work: Promise<T>) => Promise<T> {
  return async (what, work) => {
    const begun = performance.now();
    const result = await work;
    progress(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    return result;
  };
}
