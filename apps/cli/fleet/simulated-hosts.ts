import pLimit from 'p-limit';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimulatedHost } from '#libs/agent-protocol/simulated-host';
import { Api } from '../client/api.js';
import { caFingerprint } from '../pki/cluster-pki.js';
import { startDaemon } from '../process/daemon.js';
import { adminAccess } from './access.js';
import { controlAddress } from './control-plane.js';
import { repository } from './layout.js';
import type { Layout } from './layout.js';

/** Upper bounds of hosts per process and of processes, for a machine of two cores. */
const HOSTS_PER_PROCESS = 250;
const PROCESSES = 4;
/** The first host's gRPC port in the control plane's namespace; the next one is its data port. */
const FIRST_PORT = 20_000;

/** Names of the logs and pid files of the processes that simulate hosts. */
export const simulatedProcesses = Array.from({ length: PROCESSES }, (_, i) => `agents-${i + 1}`);

/** Starts the simulated hosts `names`, many in a process, in the control plane's namespace, unless they run. */
export async function startSimulatedHosts(layout: Layout, names: readonly string[]): Promise<void> {
  const hosts = await hostsWithTokens(layout, names);
  const size = Math.max(HOSTS_PER_PROCESS, Math.ceil(hosts.length / PROCESSES));
  for (const [n, name] of simulatedProcesses.entries()) {
    const own = hosts.slice(n * size, (n + 1) * size);
    if (own.length) await startProcess(layout, name, own);
  }
}

async function startProcess(layout: Layout, name: string, hosts: readonly SimulatedHost[]): Promise<void> {
  const file = layout.path(`${name}.json`);
  await writeFile(file, JSON.stringify(hosts), { mode: 0o600 });
  const namespace = `--net=/run/netns/${layout.namespace('ctl')}`;
  const agent = [process.execPath, '--enable-source-maps', `${repository}/dist/apps/agent/main.js`];
  await startDaemon(layout, {
    name,
    program: 'nsenter',
    args: [namespace, '--', ...agent, 'serve', '--simulated-hosts', file],
    env: {
      PATH: process.env.PATH,
      LXSTACK_AGENT_RUNTIME: 'simulated',
      LXSTACK_CONTROL_ADDRESS: controlAddress.agents,
      LXSTACK_LOG_LEVEL: process.env.LXSTACK_LOG_LEVEL ?? 'warn',
      // Unused: the file names these for each host.
      LXSTACK_AGENT_LISTEN: '127.0.0.1:0',
      LXSTACK_AGENT_DATA_LISTEN: '127.0.0.1:0',
      LXSTACK_AGENT_VTEP: '127.0.0.1',
    },
  });
}

/** Describes the hosts; those without a certificate get a token with which they join. */
async function hostsWithTokens(layout: Layout, names: readonly string[]): Promise<SimulatedHost[]> {
  const api = new Api(await adminAccess(layout));
  const fingerprint = `sha256:${await caFingerprint(layout.path('pki'))}`;
  const limit = pLimit(8);
  return Promise.all(names.map((name, n) => limit(() => hostOf(layout, api, fingerprint, name, n))));
}

async function hostOf(layout: Layout, api: Api, fingerprint: string, name: string, n: number): Promise<SimulatedHost> {
  const { agentState: state, pki } = layout.host(name);
  const port = FIRST_PORT + 2 * n;
  const host: SimulatedHost = {
    ...{ name, state, run: join(state, 'run') },
    ...{ listen: `127.0.0.1:${port}`, dataListen: `127.0.0.1:${port + 1}`, vtep: vtepOf(n) },
  };
  if (existsSync(join(pki, 'tls.crt'))) return host;
  await mkdir(host.run, { recursive: true });
  const tokenFile = join(state, 'join-token');
  const { token } = await api.call<{ token: string }>('POST', '/fleet/v1/join-tokens', {});
  await writeFile(tokenFile, token, { mode: 0o600 });
  return {
    ...host,
    join: { control: controlAddress.enrolment, tokenFile, fingerprint, role: 'compute', zone: 'nova' },
  };
}

/** A tunnel end point for a simulated host; no frame is ever sent to it. */
const vtepOf = (n: number): string => `10.214.${Math.floor(n / 250)}.${(n % 250) + 1}`;
