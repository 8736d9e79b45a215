import { chown, mkdir, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Layout } from '../fleet/layout.js';
import { command } from '../process/command.js';
import { startDaemon } from '../process/daemon.js';
import { untilReady } from '../process/until-ready.js';

const USER = 'postgres';
const asPostgres = ['--reuid', USER, '--regid', USER, '--init-groups', '--'];

/** Directory of the newest PostgreSQL that the distribution's packages have installed. */
async function binaries(): Promise<string> {
  const versions = (await readdir('/usr/lib/postgresql')).map(Number).filter(Boolean);
  return `/usr/lib/postgresql/${Math.max(...versions)}/bin`;
}

/** URL of the deployment's database, or of another one of its server, by its unix socket. */
export function databaseUrl(layout: Layout, database = 'lxstack'): string {
  return `postgres://lxstack@/${database}?host=${encodeURIComponent(layout.postgres.socket)}`;
}

/** Starts a PostgreSQL for the deployment: a data directory, a unix socket, no port. */
export async function startPostgres(layout: Layout): Promise<void> {
  const bin = await binaries();
  const { data, socket } = layout.postgres;
  const ids = await userIds();
  await mkdir(socket, { recursive: true, mode: 0o700 });
  await chown(socket, ids.uid, ids.gid);
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(bin, data, ids);
  const settings = {
    unix_socket_directories: socket,
    listen_addresses: '',
    shared_buffers: '128MB',
    max_connections: '200',
    log_min_duration_statement: '500',
    shared_preload_libraries: 'pg_stat_statements', // `npm run bench -- builds` counts by it
  };
  const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  await startDaemon(layout, {
    name: 'postgres',
    program: 'setpriv',
    args: [...asPostgres, join(bin, 'postgres'), '-D', data, ...args],
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
  });
  const psql = (...sql: string[]) =>
    command('setpriv', [...asPostgres, join(bin, 'psql'), '-h', socket, '-d', 'postgres', '-XAtc', ...sql]);
  await untilReady(layout, 'postgres', () => psql('select 1'));
  if ((await psql("select 1 from pg_roles where rolname = 'lxstack'")).trim() === '') {
    await psql('create role lxstack login createdb');
  }
  await psql('create extension if not exists pg_stat_statements');
  if ((await psql("select 1 from pg_database where datname = 'lxstack'")).trim() === '') {
    await psql('create database lxstack owner lxstack');
  }
}

async function initialise(bin: string, data: string, ids: { uid: number; gid: number }): Promise<void> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  await chown(data, ids.uid, ids.gid);
  // `trust` is safe: only root may enter the directory of the socket.
  const args = ['-D', data, '-E', 'UTF8', '--locale=C.UTF-8', '--auth=trust', '-U', USER];
  await command('setpriv', [...asPostgres, join(bin, 'initdb'), ...args]);
}

async function userIds(): Promise<{ uid: number; gid: number }> {
  const [, , uid, gid] = (await command('getent', ['passwd', USER])).split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
