import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unpackBounds } from './unpack-bounds.js';

const GIB = 2 ** 30;

test('an image may become a multiple of its size, a small one a gibibyte, none more than the whole bound', () => {
  assert.deepEqual(unpackBounds(1_000).bytes, GIB);
  assert.deepEqual(unpackBounds(GIB).bytes, 100 * GIB);
  assert.equal(unpackBounds(GIB).bytesSetting, 'LXSTACK_AGENT_UNPACK_MAX_RATIO');
  assert.deepEqual(unpackBounds(10 * GIB).bytes, 256 * GIB);
  assert.equal(unpackBounds(10 * GIB).bytesSetting, 'LXSTACK_AGENT_UNPACK_MAX_BYTES');
});
