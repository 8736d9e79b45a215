import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { overlaps, parseCidr, renderCidr } from '../subnets/cidr.js';
import { compacted, covers, freePrefix, isFree } from './prefix-space.js';

const cidrs = (...texts: string[]) => texts.map((text) => parseCidr('cidr', text));
const shown = (...texts: string[]) => compacted(cidrs(...texts)).map(renderCidr);

test('prefixes that touch or overlap become one', () => {
  assert.deepEqual(shown('10.0.1.0/24', '10.0.0.0/24'), ['10.0.0.0/23']);
  assert.deepEqual(shown('10.0.0.0/8', '10.1.0.0/16'), ['10.0.0.0/8']);
  assert.deepEqual(shown('10.0.1.0/24', '10.0.2.0/24'), ['10.0.1.0/24', '10.0.2.0/24']);
  assert.deepEqual(shown('fd00::/65', 'fd00:0:0:0:8000::/65'), ['fd00::/64']);
});

test('a pool that grows covers what it was', () => {
  assert.ok(covers(cidrs('10.0.0.0/23', '10.0.2.0/24'), cidrs('10.0.1.0/24', '10.0.2.0/24')));
  assert.ok(!covers(cidrs('10.0.0.0/24'), cidrs('10.0.0.0/23')));
});

test('the smallest gap with room is taken first', () => {
  const free = (prefix: number, ...taken: string[]) => {
    const found = freePrefix(cidrs('10.0.0.0/16'), cidrs(...taken), prefix);
    return found && renderCidr(found);
  };
  assert.equal(free(24), '10.0.0.0/24');
  assert.equal(free(24, '10.0.0.0/24', '10.0.2.0/23'), '10.0.1.0/24');
  assert.equal(free(23, '10.0.0.0/24', '10.0.2.0/23'), '10.0.4.0/23');
  assert.equal(free(16, '10.0.0.0/24'), undefined);
  assert.equal(free(8), undefined);
});

test('what is found is free, and nothing is left over where nothing is found', () => {
  const pool = cidrs('10.0.0.0/24');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 25, max: 28 }), { maxLength: 20 }), (lengths) => {
      const taken: ReturnType<typeof cidrs> = [];
      for (const length of lengths) {
        const found = freePrefix(pool, taken, length);
        if (found) {
          assert.ok(isFree(pool, taken, found));
          assert.ok(!taken.some((one) => overlaps(one, found)));
          taken.push(found);
        } else {
          const size = 1n << BigInt(32 - length);
          for (let base = pool[0]!.base; base < pool[0]!.base + 256n; base += size)
            assert.ok(!isFree(pool, taken, { version: 4, base, prefix: length }));
        }
      }
    }),
  );
});
