import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whatToEvict } from './eviction.js';

test('unused images go the least recently used first; those older than a week go whatever space there is', () => {
  const day = 24 * 3600_000;
  const now = 100 * day;
  const unused = [
    { sha256: 'yesterday', usedAt: now - day },
    { sha256: 'last month', usedAt: now - 30 * day },
    { sha256: 'today', usedAt: now },
  ];
  assert.deepEqual(whatToEvict(unused, now), [
    { sha256: 'last month', why: 'age' },
    { sha256: 'yesterday', why: 'space' },
    { sha256: 'today', why: 'space' },
  ]);
});
