import { status } from '@grpc/grpc-js';
import pLimit from 'p-limit';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SimulatedHost } from '#libs/agent-protocol/simulated-host';
import { InvalidInputError } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { retry } from '#libs/common/retry';
import { joinCluster } from './join.js';
import { endedBySignal, startAgent } from './serve.js';
import type { AgentSettings } from './settings.js';

/** Hosts that start at the same time. */
const STARTING = 3;
/** Attempts to join: a control plane that a thousand hosts join at once has no connection to spare for some of them. */
const JOIN = { attempts: 20, baseMs: 500, maxMs: 10_000 };

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
  if (how) await retry(JOIN, () => joinCluster(own.state, { ...how, ...addressOf(own) }), isPassing);
  const logger = createLogger(`agent-${own.name}`);
  return startAgent({ ...settings, ...own, pki: join(own.state, 'pki') }, logger, signal);
}

const addressOf = ({ name, listen }: SimulatedHost) => ({ name, address: listen, force: false });

/** Whether the control plane did not answer, or not in time. */
const isPassing = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED);
