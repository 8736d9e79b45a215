import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputError } from '#libs/common/errors';
import { parseCidr } from './cidr.js';
import { requireUnicast } from './refused-ranges.js';

test('CIDRs of which no guest can have an address are refused, also where they hold only a part of one', () => {
  const refused = ['224.0.0.0/24', '239.1.0.0/16', '127.0.0.0/24', '240.0.0.0/8', '255.255.255.0/24', '0.0.0.0/8'];
  for (const text of [...refused, '126.0.0.0/7', 'ff00::/8', 'ff02::/64', '::/64', 'fe80::/64'])
    assert.throws(() => requireUnicast(parseCidr('cidr', text)), InvalidInputError, text);
  for (const text of ['10.0.0.0/8', '192.0.2.0/24', '128.0.0.0/2', '100.64.0.0/10', 'fd00::/64', '2001:db8::/32'])
    requireUnicast(parseCidr('cidr', text));
});
