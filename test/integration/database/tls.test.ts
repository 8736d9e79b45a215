import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createDataSource } from '#libs/database/data-source';
import { connect } from '#libs/database/schema';
import { RedisConnections } from '#libs/operations/redis';
import { TlsServers } from '../support/tls-servers.js';

let servers: TlsServers;
before(async () => {
  servers = await TlsServers.start();
});
after(() => servers.stop());

const databaseUrl = (query: string, host = 'localhost') =>
  `postgres://lxstack@${host}:${servers.postgresPort}/postgres${query}`;

/** Whether the session behind the URL is encrypted. Throws where it cannot be opened. */
async function isEncrypted(url: string, caFile?: string): Promise<boolean> {
  const database = await connect(await createDataSource({ url, caFile, poolSize: 1 }));
  try {
    const [{ ssl }] = await database.query<{ ssl: boolean }[]>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    return ssl;
  } finally {
    await database.destroy();
  }
}

test('PostgreSQL: sslmode is as libpq has it', async () => {
  const { caFile, otherCaFile } = servers;
  assert.equal(await isEncrypted(databaseUrl('')), false);
  assert.equal(await isEncrypted(databaseUrl('?sslmode=require')), true);
  assert.equal(await isEncrypted(databaseUrl('?sslmode=verify-full'), caFile), true);
  assert.equal(await isEncrypted(databaseUrl(`?sslmode=verify-full&sslrootcert=${caFile}`)), true);
  await assert.rejects(isEncrypted(databaseUrl('?sslmode=verify-ca'), otherCaFile), /certificate/);
  // The URL's own CA wins over the setting, and `require` with a CA trusts no other.
  await assert.rejects(isEncrypted(databaseUrl(`?sslmode=require&sslrootcert=${otherCaFile}`), caFile), /certificate/);
});

test('PostgreSQL: only verify-full compares the name of the server', async () => {
  assert.equal(await isEncrypted(databaseUrl('?sslmode=verify-ca', '127.0.0.1'), servers.caFile), true);
  await assert.rejects(isEncrypted(databaseUrl('?sslmode=verify-full', '127.0.0.1'), servers.caFile), /altnames|IP/i);
});

test('PostgreSQL: a mode that may fall back to plain text, or has nobody to trust, is refused in words', async () => {
  await assert.rejects(isEncrypted(databaseUrl('?sslmode=prefer')), /sslmode: expected one of disable, require/);
  await assert.rejects(isEncrypted(databaseUrl('?sslmode=verify-full')), /LXSTACK_DATABASE_CA_FILE/);
});

test('Redis: rediss:// verifies the server against the CA file', async () => {
  const url = `rediss://localhost:${servers.redisPort}`;
  const trusting = new RedisConnections(url, servers.caFile);
  assert.equal(await trusting.patient(() => undefined).ping(), 'PONG');
  await trusting.onApplicationShutdown();
  const failed = Promise.withResolvers<Error>();
  const doubting = new RedisConnections(url, servers.otherCaFile);
  doubting.patient((error) => failed.resolve(error));
  assert.match((await failed.promise).message, /certificate/);
  await doubting.onApplicationShutdown();
});
