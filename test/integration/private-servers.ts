import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { globSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** PostgreSQL and Redis of one test, on unix sockets in a directory of their own. */
export interface PrivateServers {
  directory: string;
  databaseUrl: string;
  redisUrl: string;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root: its programs run as `postgres` then. */
const asPostgres = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];

export async function startPrivateServers(name: string): Promise<PrivateServers> {
  const directory = await mkdtemp(`/tmp/lx-${name}-`);
  await chmod(directory, 0o755);
  const data = join(directory, 'pg');
  await mkdir(data);
  if (asPostgres.length) await run('chown', ['postgres', data]);
  const bin = globSync('/usr/lib/postgresql/*/bin').sort().at(-1)!;
  const [program, ...prefix] = [...asPostgres, join(bin, 'initdb')];
  await run(program, [...prefix, '-D', data, '-U', 'lxstack', '-A', 'trust', '--no-sync', '-E', 'UTF8']);
  const [postgresProgram, ...postgresPrefix] = [...asPostgres, join(bin, 'postgres')];
  const postgres = spawn(postgresProgram, [...postgresPrefix, '-D', data, '-k', data, '-h', '', '-F'], {
    stdio: 'ignore',
  });
  const socket = join(directory, 'redis.sock');
  const redis = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', directory], {
    stdio: 'ignore',
  });
  const stop = async () => {
    const [pgCtl, ...before] = [...asPostgres, join(bin, 'pg_ctl')];
    await run(pgCtl, [...before, '-D', data, '-m', 'immediate', 'stop']);
    await Promise.all([gone(postgres), gone(redis, 'SIGTERM')]);
    await rm(directory, { recursive: true, force: true });
  };
  await createDatabase(join(bin, 'createdb'), data);
  return {
    directory,
    databaseUrl: `postgres://lxstack@/lxstack?host=${data}`,
    redisUrl: socket,
    stop,
  };
}

/** Also how it is known that the server takes connections. */
async function createDatabase(program: string, socketDirectory: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await run(program, ['-h', socketDirectory, '-U', 'lxstack', 'lxstack']);
      return;
    } catch (error) {
      if (attempt > 100) throw error;
      await sleep(100);
    }
  }
}

async function gone(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  if (signal) child.kill(signal);
  await exited;
}
