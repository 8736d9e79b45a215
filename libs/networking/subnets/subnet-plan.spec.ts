import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputError } from '#libs/common/errors';
import { parseCidr } from './cidr.js';
import { defaultGateway, poolsOf } from './subnet-plan.js';

const cidr = (text: string) => parseCidr('cidr', text);

test('the gateway is the first usable address', () => {
  assert.equal(defaultGateway(cidr('10.0.0.0/24')), '10.0.0.1');
  assert.equal(defaultGateway(cidr('10.0.0.0/31')), '10.0.0.0');
  assert.equal(defaultGateway(cidr('fd00::/64')), 'fd00::1');
});

test('pools are all usable addresses around the gateway', () => {
  const pools = (text: string, gateway: string | null) =>
    poolsOf(cidr(text), gateway).map(({ start, end }) => `${start}-${end}`);
  assert.deepEqual(pools('10.0.0.0/24', '10.0.0.1'), ['10.0.0.2-10.0.0.254']);
  assert.deepEqual(pools('10.0.0.0/24', null), ['10.0.0.1-10.0.0.254']);
  assert.deepEqual(pools('10.0.0.0/24', '10.0.0.100'), ['10.0.0.1-10.0.0.99', '10.0.0.101-10.0.0.254']);
  assert.deepEqual(pools('10.0.0.0/24', '10.0.0.254'), ['10.0.0.1-10.0.0.253']);
  assert.deepEqual(pools('fd00::/126', 'fd00::1'), ['fd00::2-fd00::3']);
});

test('pools that are asked for must lie inside, in order, apart, and beside the gateway', () => {
  const refused = (field: string, gateway: string | null, ...asked: [string, string][]) =>
    assert.throws(
      () =>
        poolsOf(
          cidr('10.0.0.0/24'),
          gateway,
          asked.map(([start, end]) => ({ start, end })),
        ),
      (error) => error instanceof InvalidInputError && error.field.startsWith(field),
    );
  refused('gateway_ip', '10.1.0.1');
  refused('allocation_pools', null, ['10.0.0.20', '10.0.0.10']);
  refused('allocation_pools', null, ['10.0.0.20', '10.0.1.10']);
  refused('allocation_pools', null, ['10.0.0.0', '10.0.0.10']);
  refused('allocation_pools', null, ['10.0.0.10', '10.0.0.20'], ['10.0.0.20', '10.0.0.30']);
  refused('allocation_pools', '10.0.0.15', ['10.0.0.10', '10.0.0.20']);
  refused('allocation_pools', null, ['x', '10.0.0.20']);
  const asked = [
    { start: '10.0.0.100', end: '10.0.0.110' },
    { start: '10.0.0.10', end: '10.0.0.20' },
  ];
  assert.deepEqual(poolsOf(cidr('10.0.0.0/24'), '10.0.0.1', asked), asked.toReversed());
});
