import pLimit from 'p-limit';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimulatedHost } from '#libs/agent-protocol/simulated-host';
import { InvalidInputError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { joinCluster } from './join.js';
import { endedBySignal, startAgent } from './serve.js';
import type { AgentSettings } from './settings.js';

/** Hosts that start at the same time. */
const STARTING = 8;

/** Serves many simulated hosts in this process until SIGTERM. `file`: a JSON array of SimulatedHost. */
export async function serveMany(settings: AgentSettings, file: string): Promise<void> {
  if (settings.runtime !== 'simulated')
    throw new InvalidInputError('LXSTACK_AGENT_RUNTIME', 'simulated: a process is one real host at most');
  const hosts = JSON.parse(await readFile(file, 'utf8')) as SimulatedHost[];
  const signal = endedBySignal();
  const limit = pLimit(STARTING);
  const agents = await Promise.all(hosts.map((host) => limit(() => startHost(settings, host, signal))));
  createLogger('agents').info({ hosts: hosts.length }, 'serving');
  await Promise.all(agents.map(({ ended }) => ended));
  process.exit(0);
}

async function startHost(settings: AgentSettings, host: SimulatedHost, signal: AbortSignal) {
  const { join: how, ...own } = host;
  if (how) await joinCluster(own.state, { ...how, name: own.name, address: own.listen, force: false });
  const logger = createLogger(`agent-${own.name}`);
  return startAgent({ ...settings, ...own, pki: join(own.state, 'pki') }, logger, signal);
}
