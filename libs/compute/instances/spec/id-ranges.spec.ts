import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantedRange } from './id-ranges.js';

const wanted = (keys: Record<string, string>, more: Record<string, string> = {}) =>
  wantedRange({ ...Object.fromEntries(Object.entries(keys).map(([key, v]) => [`security.idmap.${key}`, v])), ...more });

test('an instance shares the range of all others unless it is isolated or says where its own begins', () => {
  assert.equal(wanted({}), null);
  assert.equal(wanted({ isolated: 'false' }), null);
  assert.deepEqual(wanted({ isolated: 'true' }), { base: null, size: 65_536 });
  assert.deepEqual(wanted({ isolated: 'true', size: '200000' }), { base: null, size: 200_000 });
  assert.deepEqual(wanted({ base: '3000000' }), { base: 3_000_000, size: 65_536 });
});

test('an impossible range of ids is refused, naming its key', () => {
  assert.throws(() => wanted({ isolated: 'yes' }), /security\.idmap\.isolated must be true or false/);
  assert.throws(() => wanted({ isolated: 'true', size: '1000' }), /security\.idmap\.size must be a number from 65536/);
  assert.throws(() => wanted({ size: '65536' }), /security\.idmap\.size must be left out/);
  assert.throws(() => wanted({ base: '0' }), /security\.idmap\.base must be a number from 100000/);
  assert.throws(() => wanted({ isolated: 'true' }, { 'security.privileged': 'true' }), /isolated.*privileged/);
});
