import 'reflect-metadata';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { InvalidInputError } from '#libs/common/errors';
import { given, parseBody, unwrap } from './body.js';

class Inner {
  @IsInt() size: number;
}
class Outer {
  @IsString() name: string;
  @IsOptional() @ValidateNested() @Type(() => Inner) inner?: Inner;
}

const refused = (work: () => unknown, field: string) =>
  assert.throws(work, (error) => error instanceof InvalidInputError && error.field === field);

test('a body is unwrapped from its key, or refused by the name of it', () => {
  assert.deepEqual(unwrap({ network: { name: 'x' } }, 'network'), { name: 'x' });
  for (const body of [undefined, null, [], 'text', {}, { network: null }, { network: [] }])
    refused(() => unwrap(body, 'network'), 'network');
});

test('a wrong, a missing and an unknown field are named by their path', () => {
  refused(() => parseBody(Outer, { name: 7 }, 'network'), 'network.name');
  refused(() => parseBody(Outer, {}, 'network'), 'network.name');
  refused(() => parseBody(Outer, { name: 'x', colour: 'red' }, 'network'), 'network.colour');
  refused(() => parseBody(Outer, { name: 'x', inner: { size: 'big' } }, 'network'), 'network.inner.size');
  refused(() => parseBody(Outer, [], ''), 'body');
  assert.equal(parseBody(Outer, { name: 'x', inner: { size: 1 } }).inner?.size, 1);
});

test('what was left out does not stand in for a default; null does', () => {
  assert.deepEqual(given({ a: undefined, b: null, c: 0 }), { b: null, c: 0 });
});
