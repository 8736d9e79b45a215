import assert from 'node:assert/strict';
import { test } from 'node:test';
import { highest, MalformedMicroversionError, negotiate, UnsupportedMicroversionError } from './microversion.js';

test('without a header the version is 2.1', () => {
  assert.equal(negotiate(undefined, undefined), 1);
});

test('the new header wins over the old one and may name other services too', () => {
  assert.equal(negotiate('placement 1.30, compute 2.53', '2.10'), 53);
  assert.equal(negotiate('placement 1.30', '2.10'), 10);
});

test('latest is the highest', () => {
  assert.equal(negotiate('compute latest', undefined), highest);
});

test('a header without a version is malformed, a version that is not served is unsupported', () => {
  assert.throws(() => negotiate('compute two', undefined), MalformedMicroversionError);
  assert.throws(() => negotiate(undefined, '2.01'), MalformedMicroversionError);
  assert.throws(() => negotiate('compute 2.999', undefined), UnsupportedMicroversionError);
  assert.throws(() => negotiate('compute 3.1', undefined), UnsupportedMicroversionError);
});
