import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createDataSource } from '#libs/database/data-source';
import { connect, migrateSchema } from '#libs/database/schema';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

test('the migrated schema is what the entities describe', async () => {
  const { upQueries } = await database.dataSource.driver.createSchemaBuilder().log();
  // Only migrations have indexes; entities do not name them.
  const differences = upQueries.map(({ query }) => query).filter((query) => !query.startsWith('DROP INDEX'));
  assert.deepEqual(differences, []);
});

test('processes that start at once migrate one after another', async () => {
  const others = await Promise.all(
    [1, 2, 3].map(async () => connect(await createDataSource({ url: database.url, poolSize: 2 }))),
  );
  await Promise.all(others.map((other) => migrateSchema(other)));
  await Promise.all(others.map((other) => other.destroy()));
});
