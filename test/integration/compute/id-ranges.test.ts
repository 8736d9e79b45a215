import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { newId } from '#libs/common/ids';
import { SHARED_ID_RANGE } from '#libs/agent-protocol/shared-id-range';
import { assignRange } from '#libs/compute/instances/spec/id-ranges';
import type { WantedRange } from '#libs/compute/instances/spec/id-ranges';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';

const first = SHARED_ID_RANGE.base + SHARED_ID_RANGE.size;
let database: TestDatabase;

before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());
beforeEach(() => database.dataSource.query('TRUNCATE instances CASCADE'));

/** Makes an instance with such a range; returns its id and the range's first id. */
async function made({ base = null, size = 65_536 }: Partial<WantedRange> = {}): Promise<{ id: string; base: number }> {
  const id = newId();
  return database.dataSource.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO instances (id, name, hostname, project_id, user_id, flavor, image_id, vm_state)
       VALUES ($1, 'one', 'one', 'p', 'u', '{}', $2, 'building')`,
      [id, newId()],
    );
    await assignRange(tx, id, { base, size });
    const [row] = await tx.query<{ base: number }[]>('SELECT idmap_base AS base FROM instances WHERE id = $1', [id]);
    return { id, base: row!.base };
  });
}

test('instances made at once get ranges that do not overlap, above the shared one', async () => {
  const all = await Promise.all([65_536, 200_000, 65_536, 65_536].map((size) => made({ size })));
  const rows = await database.dataSource.query<{ base: number; beyond: number }[]>(
    'SELECT idmap_base AS base, idmap_base + idmap_size AS beyond FROM instances ORDER BY 1',
  );
  assert.equal(rows.length, all.length);
  assert.equal(rows[0]!.base, first);
  for (const [at, { base }] of rows.slice(1).entries()) assert.equal(base, rows[at]!.beyond);
});

test('the range of a deleted instance is free again', async () => {
  const [one] = [await made(), await made()];
  await database.dataSource.query('UPDATE instances SET deleted_at = now() WHERE id = $1', [one.id]);
  assert.equal((await made()).base, first);
});

test('a base that is asked for is given where it is free, and refused by its key where it is not', async () => {
  assert.equal((await made({ base: first + 10 })).base, first + 10);
  await assert.rejects(made({ base: first + 65_000 }), /security\.idmap\.base.*overlaps another/);
  await assert.rejects(made({ base: SHARED_ID_RANGE.base }), /security\.idmap\.base.*overlaps another/);
  assert.equal((await made()).base, first + 10 + 65_536, 'what is found begins after it');
});
