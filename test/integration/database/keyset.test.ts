import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyset } from '#libs/database/keyset';
import type { Direction, MarkerRow, OrderKey } from '#libs/database/keyset';
import { Host } from '#libs/fleet/hosts/host.entity';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

const COUNT = 17;
let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  await database.dataSource.query(
    `INSERT INTO hosts (id, name, role, address)
     SELECT gen_random_uuid(), 'h' || n, CASE n % 3 WHEN 0 THEN 'network' ELSE 'compute' END, (n % 4)::text
     FROM generate_series(1, $1) AS n`,
    [COUNT],
  );
});
after(() => database.drop());

const page = async (keys: OrderKey[], limit: number, marker?: MarkerRow) =>
  (await keyset(database.dataSource.createQueryBuilder(Host, 'h'), keys, { marker, limit }).getMany()).map(
    ({ id }) => id,
  );

const markerOf = (id: string): MarkerRow => ({ row: 'h.id = :marker', parameters: { marker: id } });

const directions: Direction[][] = ['asc', 'desc'].flatMap((first) =>
  ['asc', 'desc'].flatMap((second) => ['asc', 'desc'].map((last) => [first, second, last] as Direction[])),
);

test('pages by several columns, in any directions, are the whole list, each row once', async () => {
  for (const [first, second, last] of directions) {
    const keys: OrderKey[] = [
      { sql: 'h.role', direction: first },
      { sql: `coalesce(h.address, '')`, direction: second },
      { sql: 'h.id', direction: last },
    ];
    const whole = await page(keys, 1_000);
    assert.equal(whole.length, COUNT);
    const seen: string[] = [];
    for (;;) {
      const found = await page(keys, 3, seen.length ? markerOf(seen.at(-1)!) : undefined);
      if (!found.length) break;
      seen.push(...found);
    }
    assert.deepEqual(seen, whole, `${first} ${second} ${last}`);
  }
});

test('a page after a marker that names no row is empty', async () => {
  const keys: OrderKey[] = [{ sql: 'h.id', direction: 'asc' }];
  assert.deepEqual(await page(keys, 3, markerOf('00000000-0000-4000-8000-000000000000')), []);
});
