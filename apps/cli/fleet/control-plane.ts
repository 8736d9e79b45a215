import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { retry } from '#libs/common/retry';
import { repository, underlay } from './layout.js';
import type { Layout } from './layout.js';
import { ensureAdminPassword } from './settings.js';
import type { FleetSettings } from './settings.js';
import { startDaemon } from '../process/daemon.js';
import { readPidFile } from '../process/pid-file.js';
import { untilReady } from '../process/until-ready.js';
import { databaseUrl } from '../services/postgres.js';
import { ensureMember } from '../simhost/underlay.js';

/** Where agents of the deployment reach the control plane, in the underlay's network. */
export const controlAddress = { agents: `${underlay.control}:7070`, enrolment: `${underlay.control}:7071` };
const NODE = process.execPath;

/**
 * Starts api and worker in the control namespace. Binds the API's HTTPS listener on 127.0.0.1 of the machine and hands
 * it to the api as a descriptor (socket activation), so that clients need no namespace. Returns its port.
 */
export async function startControlPlane(layout: Layout, settings: FleetSettings): Promise<number> {
  await ensureMember(layout, 'ctl', underlay.control);
  const port = await startApi(layout, settings.port);
  await startWorker(layout, port);
  return port;
}

/**
 * Starts the api, unless it runs, on port `wanted` of 127.0.0.1 (0: any free one), from the source tree `release`.
 * Returns the port.
 */
export async function startApi(layout: Layout, wanted: number, release = repository): Promise<number> {
  if ((await readPidFile(layout.pidFile('api'))) !== undefined) return wanted;
  const listener = await listen(wanted);
  const port = (listener.address() as AddressInfo).port;
  const env = { ...(await environment(layout, 'api', port)), LXSTACK_API_LISTEN: 'fd:3' };
  await startDaemon(layout, { ...program(layout, 'api', release), env, descriptor: descriptorOf(listener) });
  listener.close();
  await untilReady(layout, 'api', () => probe(layout, port));
  return port;
}

/** Starts the worker, unless it runs, from the source tree `release`. */
export async function startWorker(layout: Layout, port: number, release = repository): Promise<void> {
  await startDaemon(layout, { ...program(layout, 'worker', release), env: await environment(layout, 'worker', port) });
}

function program(
  layout: Layout,
  name: 'api' | 'worker',
  release: string,
): { name: string; program: string; args: string[] } {
  const namespace = `--net=/run/netns/${layout.namespace('ctl')}`;
  const args = [namespace, '--', NODE, '--enable-source-maps', `${release}/dist/apps/${name}/main.js`];
  return { name, program: 'nsenter', args };
}

async function environment(layout: Layout, name: 'api' | 'worker', port: number): Promise<NodeJS.ProcessEnv> {
  return {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    LXSTACK_DEPLOYMENT: layout.deployment,
    LXSTACK_DATABASE_URL: databaseUrl(layout),
    LXSTACK_REDIS_URL: layout.redis.socket,
    LXSTACK_PKI_DIR: layout.path('pki', name),
    LXSTACK_BLOB_DIR: layout.path('blobs'),
    LXSTACK_PUBLIC_URL: `https://127.0.0.1:${port}`,
    LXSTACK_CONTROL_LISTEN: controlAddress.agents,
    LXSTACK_ENROL_LISTEN: controlAddress.enrolment,
    LXSTACK_ADMIN_PASSWORD_FILE: await ensureAdminPassword(layout),
    LXSTACK_LOG_LEVEL: process.env.LXSTACK_LOG_LEVEL ?? 'info',
    ...given('LXSTACK_ALLOW_RESIZE_TO_SAME_HOST', 'LXSTACK_RESIZE_CONFIRM_WINDOW', 'LXSTACK_MIGRATION_BANDWIDTH'),
    ...given('LXSTACK_MOVE_PRECHECK_SECONDS', 'LXSTACK_MOVE_PREPARE_SECONDS', 'LXSTACK_MOVE_STOP_SECONDS'),
    ...given('LXSTACK_POLICY_FILE', 'LXSTACK_MOVE_TRANSFER_SECONDS', 'LXSTACK_MOVE_SWITCH_SECONDS'),
    ...given(
      'LXSTACK_FENCE_FREEZE_SECONDS',
      'LXSTACK_FENCE_STOP_SECONDS',
      'LXSTACK_FENCE_MARGIN_SECONDS',
      'LXSTACK_AUTO_EVACUATE',
    ),
    ...given('LXSTACK_METRICS_LISTEN', 'LXSTACK_METRICS_TOKEN_FILE', 'LXSTACK_CERTIFICATE_SECONDS'),
    ...given('LXSTACK_LOGIN_USER_ATTEMPTS', 'LXSTACK_LOGIN_ADDRESS_ATTEMPTS', 'LXSTACK_LOGIN_WINDOW_SECONDS'),
    ...given('LXSTACK_LOCKOUT_FAILURE_ATTEMPTS', 'LXSTACK_LOCKOUT_DURATION'),
    ...(process.env.LXSTACK_FAULT_POINTS ? { LXSTACK_FAULT_POINTS: layout.path('fault-points') } : {}),
  };
}

/** The operator's environment variables of these names, as they are. */
function given(...names: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(names.filter((name) => process.env[name]).map((name) => [name, process.env[name]]));
}

/** Rejects unless GET /healthz answers 200. */
async function probe(layout: Layout, port: number): Promise<void> {
  const ca = await readFile(layout.path('pki', 'ca.crt'));
  await new Promise<void>((resolve, reject) => {
    const asked = get({ host: '127.0.0.1', port, path: '/healthz', ca, timeout: 2000 }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) resolve();
      else reject(new Error(`GET /healthz: ${answer.statusCode}`));
    });
    asked.on('timeout', () => asked.destroy(new Error('GET /healthz: no answer'))).on('error', reject);
  });
}

/** Repeats the attempt: an api that was just killed may hold its port until its last thread has ended. */
function listen(port: number): Promise<Server> {
  const policy = { attempts: 10, baseMs: 50, maxMs: 1000 };
  return retry(
    policy,
    () => listenOnce(port),
    (error) => (error as NodeJS.ErrnoException).code === 'EADDRINUSE',
  );
}

function listenOnce(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => resolve(server));
  });
}

/** The descriptor of a listening socket, from libuv's handle: Node has no public name for it. */
function descriptorOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd;
}
