import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { InvalidInputError } from '#libs/common/errors';
import { contains, lastOf, overlaps, parseAddress, parseCidr, renderAddress, renderCidr } from './cidr.js';

test('a rendered address parses to the same address', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
      const text = renderAddress(6, value);
      assert.equal(isIP(text), 6);
      assert.deepEqual(parseAddress('x', text), { version: 6, value });
      const v4 = value & 0xffffffffn;
      assert.deepEqual(parseAddress('x', renderAddress(4, v4)), { version: 4, value: v4 });
    }),
  );
});

test('version 6 is written as RFC 5952 says: lower case, the longest run of zeros cut', () => {
  const written = (text: string) => renderAddress(6, parseAddress('x', text).value);
  assert.equal(written('2001:DB8:0:0:1:0:0:1'), '2001:db8::1:0:0:1');
  assert.equal(written('2001:0:0:1:0:0:0:1'), '2001:0:0:1::1');
  assert.equal(written('::ffff:10.0.0.1'), '::ffff:a00:1');
  assert.equal(written('::'), '::');
  assert.equal(written('fd00::'), 'fd00::');
});

test('a CIDR loses the bits behind its prefix and ends where it should', () => {
  const cidr = parseCidr('cidr', '10.0.0.77/24');
  assert.equal(renderCidr(cidr), '10.0.0.0/24');
  assert.equal(renderAddress(4, lastOf(cidr)), '10.0.0.255');
  assert.equal(renderCidr(parseCidr('cidr', 'fd00::1/64')), 'fd00::/64');
});

test('a text that is no address or CIDR is refused, naming the field', () => {
  const wrong = ['10.0.0.0', '10.0.0.0/33', '10.0.0/24', 'fd00::/129', '10.0.0.0/0', '/24', 'a/b', '', null, 7];
  for (const text of wrong)
    assert.throws(
      () => parseCidr('subnet.cidr', text),
      (error) => error instanceof InvalidInputError && error.field === 'subnet.cidr',
    );
  for (const text of ['10.0.0.256', 'fe80::1%eth0', '', 10, undefined])
    assert.throws(() => parseAddress('ip_address', text), InvalidInputError);
});

test('CIDRs overlap when one holds an end of the other, in the same version', () => {
  const cidr = (text: string) => parseCidr('cidr', text);
  assert.ok(overlaps(cidr('10.0.0.0/8'), cidr('10.1.0.0/16')));
  assert.ok(overlaps(cidr('10.1.0.0/16'), cidr('10.0.0.0/8')));
  assert.ok(!overlaps(cidr('10.0.0.0/24'), cidr('10.0.1.0/24')));
  assert.ok(!overlaps(cidr('0.0.0.0/1'), cidr('::/1')));
  assert.ok(contains(cidr('10.0.0.0/24'), 4, parseAddress('x', '10.0.0.255').value));
  assert.ok(!contains(cidr('10.0.0.0/24'), 6, parseAddress('x', '10.0.0.255').value));
});
