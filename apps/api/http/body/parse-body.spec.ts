import 'reflect-metadata';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IsInt, IsOptional, IsString } from 'class-validator';
import { InvalidInputError } from '#libs/common/errors';
import { Nested } from './fields.js';
import { given, parseBody, unwrap } from './parse-body.js';

class Inner {
  @IsInt() size: number;
}
class Outer {
  @IsString() name: string;
  @IsOptional() @Nested(() => Inner) inner?: Inner;
}

const refused = (work: () => unknown, field: string) =>
  assert.throws(work, (error) => error instanceof InvalidInputError && error.field === field);

test('a body is unwrapped from its key, or refused by the name of it', () => {
  assert.deepEqual(unwrap({ network: { name: 'x' } }, 'network'), { name: 'x' });
  for (const body of [undefined, null, [], 'text', {}, { network: null }, { network: [] }])
    refused(() => unwrap(body, 'network'), 'network');
});

test('a wrong, a missing and an unknown field are named by their path', () => {
  refused(() => parseBody(Outer, { name: 7 }, { path: 'network' }), 'network.name');
  refused(() => parseBody(Outer, {}, { path: 'network' }), 'network.name');
  refused(() => parseBody(Outer, { name: 'x', colour: 'red' }, { path: 'network' }), 'network.colour');
  refused(() => parseBody(Outer, { name: 'x', inner: { size: 'big' } }, { path: 'network' }), 'network.inner.size');
  refused(() => parseBody(Outer, []), 'body');
  assert.equal(parseBody(Outer, { name: 'x', inner: { size: 1 } }).inner?.size, 1);
});

test('an absent field does not override a default, null does', () => {
  assert.deepEqual(given({ a: undefined, b: null, c: 0 }), { b: null, c: 0 });
});
