import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLogger } from '#libs/common/logger';
import { WorkerPresence } from '#libs/operations/execution/worker-presence';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

test('one worker sweeps for all, and another one when that one has gone', async () => {
  const log = createLogger('test');
  const [first, second] = ['a', 'b'].map((name) => new WorkerPresence(database.dataSource, name, log));
  assert.equal(await first.look(), true);
  assert.equal(await second.look(), false);
  assert.equal(await first.look(), true, 'it goes on leading');
  await first.hide();
  assert.equal(await second.look(), true);
  assert.equal(await first.look(), false);
  await Promise.all([first.hide(), second.hide()]);
});
