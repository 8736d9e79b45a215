import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputError } from '#libs/common/errors';
import { limitOf, nextPage, pageOf, sortOf, text } from './paging.js';

test('a limit is 1000 at most, which is also the default', () => {
  assert.equal(limitOf({}), 1000);
  assert.equal(limitOf({ limit: '5000' }), 1000);
  assert.equal(limitOf({ limit: '7' }), 7);
  for (const limit of ['-1', 'x', '', '1.5']) assert.throws(() => limitOf({ limit }), InvalidInputError);
});

test('both forms of sorting are understood', () => {
  assert.deepEqual(sortOf({ sort_key: ['name', 'id'], sort_dir: 'desc' }), [
    { key: 'name', direction: 'desc' },
    { key: 'id', direction: 'desc' },
  ]);
  assert.deepEqual(sortOf({ sort: 'name:asc,size' }), [
    { key: 'name', direction: 'asc' },
    { key: 'size', direction: 'desc' },
  ]);
  assert.throws(() => sortOf({ sort_key: 'name', sort_dir: 'up' }), InvalidInputError);
});

test('only known fields become filters; repeated ones are any of them', () => {
  const request = pageOf({ name: ['a', 'b'], colour: 'red', marker: 'x' }, { name: text('name') });
  assert.deepEqual(request.filters, { name: ['a', 'b'] });
  assert.equal(request.marker, 'x');
});

test('a full page has a next one behind its last item, with the same query', () => {
  const query = { limit: '2', name: 'a', marker: 'old' };
  assert.equal(nextPage('/v2/images', query, [{ id: '1' }, { id: '2' }], 2), '/v2/images?limit=2&name=a&marker=2');
  assert.equal(nextPage('/v2/images', query, [{ id: '1' }], 2), undefined);
});
