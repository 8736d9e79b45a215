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
  /** As `?sslmode=` asks for it; false: none. */
  ssl: DatabaseTls | false;
}

/**
 * Reads `postgres://user:password@host:port/database?host=/socket/directory` (libpq's way to name a unix socket) and
 * libpq's `sslmode`, `sslrootcert`, `sslcert`, `sslkey`; `caFile` counts without `sslrootcert`. Throws ConfigError.
 */
export function parseDatabaseUrl(text: string, caFile?: string): ConnectionOptions {
  // libpq allows an empty host behind the user, which the URL standard does not.
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
  /** Whom to trust where the URL has no `sslrootcert`: PEM. */
  caFile?: string;
  /** Connections at most; what comes above waits (bounded by `connectionTimeoutMillis`). */
  poolSize?: number;
  applicationName?: string;
}

/** A data source over every entity and migration, not connected yet. */
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
    // No extension is needed: ids are made by the application.
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
