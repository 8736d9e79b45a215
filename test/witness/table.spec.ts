import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { programs } from './build.js';
import { kinds } from './kinds.js';
import { TABLE, document } from './table.js';

test('every kind of the table has a program in the folder of its group, and every program a kind', () => {
  const named = kinds.map(({ group, name }) => `${group}/${name}`).sort();
  assert.deepEqual(
    named,
    programs()
      .map(({ group, kind }) => `${group}/${kind}`)
      .sort(),
  );
  assert.equal(new Set(kinds.map(({ name }) => name)).size, kinds.length, 'names differ');
});

test('the table that is kept is that of the kinds', () => {
  assert.equal(readFileSync(TABLE, 'utf8'), document(kinds), 'npm run witness -- --write');
});
