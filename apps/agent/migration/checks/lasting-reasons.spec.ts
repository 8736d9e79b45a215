import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastingReasons } from './lasting-reasons.js';

/** A look that gives the answers one after the other, the last one from then on. */
function looks(...answers: string[][]): { look: () => Promise<string[]>; count: () => number } {
  let taken = 0;
  const look = () => Promise.resolve(answers[Math.min(taken++, answers.length - 1)]!);
  return { look, count: () => taken };
}

test('a guest without reasons is looked at once', async () => {
  const { look, count } = looks([]);
  assert.deepEqual(await lastingReasons(look, [0, 0]), []);
  assert.equal(count(), 1);
});

test('a reason that is gone at a later look does not count, and the looking ends', async () => {
  const { look, count } = looks(['starting'], ['starting'], []);
  assert.deepEqual(await lastingReasons(look, [0, 0, 0, 0]), []);
  assert.equal(count(), 3);
});

test('of several reasons those count that every look gives', async () => {
  const { look } = looks(['lasts', 'passes'], ['lasts', 'new']);
  assert.deepEqual(await lastingReasons(look, [0, 0]), ['lasts']);
});
