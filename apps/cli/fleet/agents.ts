import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Api } from '../client/api.js';
import { caFingerprint } from '../pki/cluster-pki.js';
import { command } from '../process/command.js';
import { startDaemon } from '../process/daemon.js';
import { SimHost } from '../simhost/sim-host.js';
import { adminAccess } from './access.js';
import { controlAddress } from './control-plane.js';
import { CLIENT_HOST, HOST_REPOSITORY, underlay } from './layout.js';
import type { Layout } from './layout.js';
import type { FleetSettings } from './settings.js';

const AGENT = [`${HOST_REPOSITORY}/apps/agent/bin/lxstack-agent`];
/** Directory of the agent's state, inside the host. */
const STATE = '/var/lib/lxstack-agent';

/** The hosts of a deployment: h1 … hN, and the client's host, which has the role `network`. */
export function hostsOf(layout: Layout, count: number): SimHost[] {
  const compute = Array.from({ length: count }, (_, i) => new SimHost(layout, `h${i + 1}`, underlay.host(i + 1)));
  return [...compute, new SimHost(layout, CLIENT_HOST, underlay.client)];
}

/** Makes the host join the cluster with a new token, unless it has a certificate. */
export async function joinHost(host: SimHost): Promise<void> {
  if (existsSync(join(host.layout.host(host.name).pki, 'tls.crt'))) return;
  const api = new Api(await adminAccess(host.layout));
  // The host's state may be gone although the control plane still knows the host: then it joins again.
  const { hosts } = await api.call<{ hosts: { name: string }[] }>('GET', '/fleet/v1/hosts?limit=1000');
  const wanted = { hostname: host.name, re_enrol: hosts.some(({ name }) => name === host.name) };
  const { token } = await api.call<{ token: string }>('POST', '/fleet/v1/join-tokens', wanted);
  const tokenFile = join(host.layout.host(host.name).agentState, 'join-token');
  await writeFile(tokenFile, token, { mode: 0o600 });
  try {
    const [program, ...enter] = await host.enter(agentEnvironment(host, { runtime: 'lxc', storage: 'auto' }));
    await command(program!, [
      ...[...enter, ...AGENT, 'join', '--control', controlAddress.enrolment, '--token-file', `${STATE}/join-token`],
      ...['--fingerprint', `sha256:${await caFingerprint(host.layout.path('pki'))}`, '--name', host.name],
      ...['--address', `${host.address}:7080`, '--role', roleOf(host), '--zone', 'nova'],
    ]);
  } finally {
    await rm(tokenFile, { force: true });
  }
}

/** Starts the host's agent unless it runs; returns whether it started it. */
export async function startAgent(host: SimHost, settings: FleetSettings): Promise<boolean> {
  const [program, ...enter] = await host.enter(agentEnvironment(host, settings));
  return startDaemon(host.layout, {
    name: agentName(host.name),
    program: program!,
    args: [...enter, ...AGENT, 'serve'],
  });
}

/** Name of the log and the pid file of a host's agent. */
export const agentName = (host: string): string => `agent-${host}`;

function roleOf(host: SimHost): 'compute' | 'network' {
  return host.keepsInstances ? 'compute' : 'network';
}

function agentEnvironment(host: SimHost, settings: Pick<FleetSettings, 'runtime' | 'storage'>): Record<string, string> {
  return {
    LXSTACK_DEPLOYMENT: host.layout.deployment,
    LXSTACK_AGENT_STATE: STATE,
    LXSTACK_AGENT_LISTEN: `${host.address}:7080`,
    LXSTACK_AGENT_DATA_LISTEN: `${host.address}:7081`,
    LXSTACK_AGENT_VTEP: host.address,
    LXSTACK_CONTROL_ADDRESS: controlAddress.agents,
    LXSTACK_AGENT_RUNTIME: settings.runtime,
    LXSTACK_AGENT_ROLE: roleOf(host),
    LXSTACK_AGENT_NAME: host.name,
    LXSTACK_AGENT_CGROUP: host.layout.cgroup(host.name),
    LXSTACK_AGENT_STORAGE: host.keepsInstances ? settings.storage : 'auto',
    LXSTACK_AGENT_PRIVILEGED: process.env.LXSTACK_AGENT_PRIVILEGED ?? 'false',
    LXSTACK_LOG_LEVEL: process.env.LXSTACK_LOG_LEVEL ?? 'info',
    ...(process.env.LXSTACK_AGENT_RENEW_AT ? { LXSTACK_AGENT_RENEW_AT: process.env.LXSTACK_AGENT_RENEW_AT } : {}),
    ...(process.env.LXSTACK_FAULT_POINTS ? { LXSTACK_FAULT_POINTS: `${STATE}/fault-points` } : {}),
  };
}
