import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates } from './address-pools.js';
import { contains, parseAddress, parseCidr } from './cidr.js';

test('a small pool is offered whole, each address once', () => {
  const pools = [
    { start: '10.0.0.2', end: '10.0.0.5' },
    { start: '10.0.0.10', end: '10.0.0.10' },
  ];
  const offered = candidates(pools, () => 0.5);
  assert.deepEqual(offered.toSorted(), ['10.0.0.10', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5']);
});

test('a large pool is offered by samples that lie inside of it', () => {
  const cidr = parseCidr('cidr', 'fd00::/64');
  const offered = candidates([{ start: 'fd00::2', end: 'fd00::ffff:ffff:ffff:ffff' }]);
  assert.ok(offered.length > 0 && offered.length < 64);
  for (const address of offered) assert.ok(contains(cidr, 6, parseAddress('x', address).value), address);
});
