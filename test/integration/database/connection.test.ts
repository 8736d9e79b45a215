import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { foundInstead, isUnmet, required, requiredOrAgain } from '#libs/database/requirement';
import { transact, withCommit } from '#libs/database/transactions';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  await database.dataSource.query('CREATE TABLE things (id int primary key, name text)');
});
after(() => database.drop());

const things = () => database.dataSource.query<{ id: number }[]>('SELECT * FROM things WHERE id > $1 ORDER BY id', [0]);
const insert = 'INSERT INTO things (id, name) VALUES ($1, $2)';

test('a statement that is sent often is prepared', async () => {
  for (let i = 0; i < 10; i++) await things();
  await database.dataSource.transaction(async (tx) => {
    for (let i = 0; i < 5; i++) await tx.query('SELECT * FROM things WHERE id > $1 ORDER BY id', [0]);
    const found = await tx.query<unknown[]>(
      `SELECT name FROM pg_prepared_statements WHERE statement LIKE 'SELECT * FROM things%'`,
    );
    assert.equal(found.length, 1);
  });
});

test('a migration that changes what a prepared statement results in is met once by a transaction, which runs again', async () => {
  const read = () =>
    transact(database.dataSource, (tx) => tx.query('SELECT * FROM things WHERE id > $1 ORDER BY id', [0]));
  for (let i = 0; i < 10; i++) await read();
  await database.dataSource.query('ALTER TABLE things ADD COLUMN more text');
  assert.deepEqual(await read(), []);
});

test('statements asked for at once are answered in order, and one that fails takes back the whole transaction', async () => {
  const begun = database.dataSource.transaction(async (tx) => {
    await Promise.all([1, 2, 3].map((id) => tx.query(insert, [id, 'one'])));
    const found = await Promise.all([1, 2].map((id) => tx.query('SELECT id FROM things WHERE id = $1', [id])));
    assert.deepEqual(found, [[{ id: 1 }], [{ id: 2 }]]);
    await Promise.all([tx.query(insert, [4, 'two']), tx.query(insert, [1, 'again']), tx.query(insert, [5, 'three'])]);
  });
  await assert.rejects(begun, /things_pkey/);
  assert.deepEqual(await things(), []);
});

test('a transaction begins with its first statement, ends with its last, and an empty one asks nothing', async () => {
  await database.dataSource.transaction(async (tx) => {
    assert.equal((await tx.query<unknown[]>(insert, [7, 'seven'])).length, 0);
    const [{ apart }] = await tx.query<{ apart: boolean }[]>('SELECT now() <> clock_timestamp() AS apart');
    assert.ok(apart, 'now() is the time of its begin');
    assert.deepEqual(await things(), [], 'others do not see it yet');
  });
  assert.deepEqual(
    (await things()).map(({ id }) => id),
    [7],
  );
  await database.dataSource.transaction(() => Promise.resolve());
  await assert.rejects(
    database.dataSource.transaction(() => Promise.reject(new Error('not this time'))),
    /not this time/,
  );
  assert.equal((await things()).length, 1);
});

test('what leaves with the commit takes it back where it fails, and its own reason is told', async () => {
  const both = (name: string, held: boolean) =>
    transact(database.dataSource, async (tx) => {
      await withCommit(tx, tx.query(insert, [20, 'before']));
      await withCommit(tx, tx.query(`SELECT ${required('$1::boolean', name, `'found'`)}`, [held]));
      await withCommit(tx, tx.query(insert, [21, 'behind']));
      return 'answer';
    });
  const refused = await both('the promise', false).catch((error: unknown) => error);
  assert.ok(isUnmet(refused, 'the promise'), String(refused));
  assert.equal(foundInstead(refused), 'found');
  const twentieth = async () => (await things()).map(({ id }) => id).filter((id) => id >= 20);
  assert.deepEqual(await twentieth(), []);
  assert.equal(await both('the promise', true), 'answer');
  assert.deepEqual(await twentieth(), [20, 21]);
});

test('a statement that waits for its answer behind one that fails tells the reason of that one', async () => {
  const begun = transact(database.dataSource, async (tx) => {
    await withCommit(tx, tx.query(`SELECT ${required('$1::boolean', 'the first')}`, [false]));
    await tx.query(insert, [22, 'behind']);
  });
  await assert.rejects(begun, (error) => isUnmet(error, 'the first'));
});

test('a transaction runs again where a requirement says that it may hold then', async () => {
  let tries = 0;
  const held = await transact(database.dataSource, async (tx) => {
    await withCommit(tx, tx.query(`SELECT ${requiredOrAgain('$1::boolean', 'the second try')}`, [++tries > 1]));
    return tries;
  });
  assert.equal(held, 2);
});
