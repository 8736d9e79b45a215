import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputError } from '#libs/common/errors';
import { bodyBounds, requireSoundBody } from './sound-json.js';

const refused = (body: unknown, field: string | RegExp) =>
  assert.throws(
    () => requireSoundBody(body),
    (error) => error instanceof InvalidInputError && new RegExp(field).test(error.field),
  );

test('a body as clients send them passes', () => {
  requireSoundBody(undefined);
  requireSoundBody({ server: { name: 'wéb 🚀', networks: [{ uuid: 'x' }], metadata: { constructor: 'yes' } } });
});

test('U+0000 and half a surrogate pair are refused by their path, in values and in keys', () => {
  refused({ server: { name: 'a\0b' } }, /^server\.name$/);
  refused({ server: { tags: ['a', '\ud800'] } }, /^server\.tags\.1$/);
  refused({ server: { 'a\0': 1 } }, /^server$/);
  refused(JSON.parse('{"server": {"__proto__": {"isAdmin": true}}}'), /^server$/);
});

test('lists, strings, depth and the whole are bounded', () => {
  refused({ a: Array(bodyBounds.items + 1).fill(0) }, /^a$/);
  refused({ a: 'x'.repeat(bodyBounds.text + 1) }, /^a$/);
  refused(JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)), /^0\.0\.0/);
  refused({ a: Array(100).fill(Array(200).fill(0)) }, /^body$/);
});
