import { mkdir } from 'node:fs/promises';
import type { Layout } from '../fleet/layout.js';
import { command } from '../process/command.js';
import { startDaemon } from '../process/daemon.js';
import { untilReady } from '../process/until-ready.js';

/** Starts a Redis for the deployment: a unix socket, no port, no eviction. */
export async function startRedis(layout: Layout): Promise<void> {
  const { data, socket } = layout.redis;
  await mkdir(data, { recursive: true });
  await mkdir(layout.postgres.socket, { recursive: true, mode: 0o700 });
  await startDaemon(layout, {
    name: 'redis',
    program: 'redis-server',
    args: [
      ...['--port', '0', '--unixsocket', socket, '--unixsocketperm', '700', '--dir', data],
      ...['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction', '--daemonize', 'no'],
    ],
  });
  await untilReady(layout, 'redis', () => command('redis-cli', ['-s', socket, 'ping']));
}
