import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DataSource } from 'typeorm';
import type { MigrationInterface } from 'typeorm';
import { ConfigError } from '#libs/common/config';
import { Connection } from './connection.js';
import { databaseTls } from './database-tls.js';
import type { DatabaseTls } from './database-tls.js';
import { loadEntities } from './entities.js';

const MIGRATIONS = join(import.meta.dirname, '../../migrations');

export interface ConnectionOptions {
  host: string;
  port: number;
  username: string;
  password?: string;
  database: string;
  /** From `?sslmode=`; false: no TLS. */
  ssl: DatabaseTls | false;
}

/**
 * Parses `postgres://user:password@host:port/database?host=/socket/directory` (`host` as libpq names a unix socket) and
 * libpq's `sslmode`, `sslrootcert`, `sslcert`, `sslkey`. `caFile` is used where there is no `sslrootcert`. Throws
 * ConfigError.
 */
export function parseDatabaseUrl(text: string, caFile?: string): ConnectionOptions {
  // libpq allows an empty host after the user, the URL standard does not.
  const url = URL.canParse(text) ? new URL(text) : new URL(text.replace('@/', '@localhost/'));
  if (!/^postgres(ql)?:$/.test(url.protocol)) throw new ConfigError('LXSTACK_DATABASE_URL is not a postgres:// URL');
  return {
    host: url.searchParams.get('host') ?? (url.hostname || 'localhost'),
    port: Number(url.searchParams.get('port') ?? (url.port || 5432)),
    username: decodeURIComponent(url.username) || 'lxstack',
    password: url.password ? decodeURIComponent(url.password) : undefined,
    database: url.pathname.slice(1) || 'lxstack',
    ssl: databaseTls(url.searchParams, caFile),
  };
}

export interface DataSourceSettings {
  url: string;
  /** PEM file of the CA, used where the URL has no `sslrootcert`. */
  caFile?: string;
  /** Upper bound of connections; further callers wait (bounded by `connectionTimeoutMillis`). */
  poolSize?: number;
  applicationName?: string;
}

/** A data source with every entity and migration, not connected yet. Throws ConfigError. */
export async function createDataSource(settings: DataSourceSettings): Promise<DataSource> {
  const { poolSize = 20, applicationName = 'lxstack' } = settings;
  return new DataSource({
    type: 'postgres',
    ...parseDatabaseUrl(settings.url, settings.caFile),
    entities: await loadEntities(),
    migrations: await loadMigrations(),
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'all',
    poolSize,
    applicationName,
    connectTimeoutMS: 5_000,
    // No extension is needed, because the application makes the ids.
    installExtensions: false,
    extra: { Client: Connection, idleTimeoutMillis: 60_000, statement_timeout: 30_000 },
  });
}

async function loadMigrations(): Promise<(new () => MigrationInterface)[]> {
  const files = globSync('*.js', { cwd: MIGRATIONS }).sort();
  const modules = await Promise.all(
    files.map(
      (file) =>
        import(pathToFileURL(join(MIGRATIONS, file)).href) as Promise<Record<string, new () => MigrationInterface>>,
    ),
  );
  return modules.flatMap((module) => Object.values(module));
}
