import type { DataSource } from 'typeorm';
import { setting } from '#libs/common/config';
import { newId } from '#libs/common/ids';
import { createDataSource } from '#libs/database/data-source';
import { connect, migrateSchema } from '#libs/database/schema';

export interface TestDatabase {
  url: string;
  dataSource: DataSource;
  /** PostgreSQL ends every connection to the database. */
  cutConnections(): Promise<void>;
  drop(): Promise<void>;
}

/** A database on the test server, with the present schema. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = setting('LXSTACK_TEST_DATABASE_URL');
  const name = `test_${newId().replaceAll('-', '')}`;
  const url = withDatabase(server, name);
  const admin = await connect(await createDataSource({ url: server, poolSize: 1 }));
  await admin.query(`CREATE DATABASE ${name}`);
  const dataSource = await connect(await createDataSource({ url }));
  await migrateSchema(dataSource);
  const drop = async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.destroy();
  };
  const cutConnections = async () => {
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  };
  return { url, dataSource, cutConnections, drop };
}

function withDatabase(url: string, name: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`);
}
