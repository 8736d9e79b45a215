import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpException } from '@nestjs/common';
import { InvalidInputError } from '#libs/common/errors';
import { rangeOf } from './byte-range.js';

test('a range is cut to the size of the data', () => {
  assert.equal(rangeOf(undefined, 10), undefined);
  assert.deepEqual(rangeOf('bytes=0-3', 10), { start: 0, end: 3 });
  assert.deepEqual(rangeOf('bytes=4-', 10), { start: 4, end: 9 });
  assert.deepEqual(rangeOf('bytes=-4', 10), { start: 6, end: 9 });
  assert.deepEqual(rangeOf('bytes=-40', 10), { start: 0, end: 9 });
  assert.deepEqual(rangeOf('bytes=8-99', 10), { start: 8, end: 9 });
});

test('a range outside the data is 416, several ranges are 400', () => {
  for (const header of ['bytes=10-', 'bytes=5-4', 'bytes=-', 'bytes=-0', 'bytes=a-b', 'lines=0-1', ''])
    assert.throws(
      () => rangeOf(header, 10),
      (error) => error instanceof HttpException && error.getStatus() === 416,
      header,
    );
  assert.throws(() => rangeOf('bytes=0-0', 0), HttpException);
  assert.throws(() => rangeOf('bytes=0-1,3-4', 10), InvalidInputError);
});
