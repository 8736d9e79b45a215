import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpuFeatures } from './cpu-features.js';

test('the flags of the first processor are read, of x86 and of arm64', () => {
  assert.deepEqual(parseCpuFeatures('processor\t: 0\nflags\t\t: fpu sse4_2 avx2\nbugs\t: x\n\nflags\t: mmx\n'), [
    'fpu',
    'sse4_2',
    'avx2',
  ]);
  assert.deepEqual(parseCpuFeatures('processor\t: 0\nFeatures\t: fp asimd sve2\n'), ['fp', 'asimd', 'sve2']);
  assert.deepEqual(parseCpuFeatures('processor\t: 0\n'), []);
});
