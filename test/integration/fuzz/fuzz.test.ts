import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { requestTo } from '#test/fuzz/requests';
import { faultOf } from '#test/fuzz/send';
import { FuzzWorld } from '#test/fuzz/world';

/** A slice of `npm run fuzz`. The seed is fixed: a fault that this finds is found again. */
const SLICE = { seed: 15, numRuns: 600 };

let world: FuzzWorld;

before(async () => {
  world = await FuzzWorld.start();
});
after(() => world?.stop());

test('no request is answered by 5xx, and none ends the API', async () => {
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(requestTo(world.routes()), async (request) => {
      const answer = await world.send(request);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      const fault = faultOf(answer);
      assert.equal(fault, null, `${JSON.stringify(request)}\n${fault}`);
    }),
    SLICE,
  );
  // Some requests must succeed, or the run tests the checks only.
  const good = [...statuses].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0);
  assert.ok(good >= SLICE.numRuns / 20, JSON.stringify([...statuses]));
});

test('every route of every face is in the document that the requests are made from', () => {
  const paths = world.routes().map(({ path }) => path);
  for (const face of ['/compute/v2.1/', '/fleet/v1/', '/identity/v3/', '/image/v2/', '/networking/v2.0/'])
    assert.ok(paths.filter((path) => path.startsWith(face)).length >= 5, face);
});
