import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passesSuffice } from './disk-passes.js';

const MIB = 1 << 20;
const all = { paths: 100, bytes: 300 * MIB };

test('what was written during the first pass is sent before the freeze, but where that was short: little was sent', () => {
  assert.equal(passesSuffice([all]), false);
  assert.equal(passesSuffice([{ paths: 100, bytes: 0 }]), false);
  assert.equal(passesSuffice([{ paths: 3, bytes: 4096 }]), true);
});

test('one large changed file is too much for the last pass', () => {
  assert.equal(passesSuffice([all, { paths: 1, bytes: 20 * MIB }]), false);
  assert.equal(passesSuffice([all, { paths: 1, bytes: 20 * MIB }, { paths: 1, bytes: 1000 }]), true);
});

test('where passes no longer shrink, the rest is left to the freeze', () => {
  const same = { paths: 1, bytes: 20 * MIB };
  assert.equal(passesSuffice([all, same, same]), true);
});

test('passes that go on shrinking come to an end too', () => {
  const shrinking = [300, 250, 200, 150, 100, 50].map((mib) => ({ paths: 1, bytes: mib * MIB }));
  assert.equal(passesSuffice(shrinking.slice(0, 5)), false);
  assert.equal(passesSuffice(shrinking), true);
});
