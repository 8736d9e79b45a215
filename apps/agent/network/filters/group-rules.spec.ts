import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecurityGroupRule } from '#generated/lxstack/agent/v1/types';
import { groupRules } from './group-rules.js';
import { filterRules } from './port-rules.js';
import { trackingRules } from './tracking.js';

const friends = '11111111-1111-4111-8111-111111111111';
const digits = friends.replaceAll('-', '');
const rule = (wanted: Partial<SecurityGroupRule>): SecurityGroupRule => ({
  ingress: true,
  ipv6: false,
  remotePrefix: '',
  remoteGroupId: '',
  ...wanted,
});
const rendered = (rules: Partial<SecurityGroupRule>[], hasRanges = false) =>
  groupRules({ id: friends, stateful: true, rules: rules.map(rule) }, 'i', () => hasRanges);

test('rules that ask for the same fields are one lookup, whatever their number', () => {
  const ports = Array.from({ length: 1_000 }, (_, n) => ({ protocol: 6, portMin: 2 * n + 1, portMax: 2 * n + 1 }));
  assert.equal(rendered(ports).length, 1);
  const prefixes = ports.map((port, n) => ({ ...port, remotePrefix: `10.0.${n % 250}.0/24` }));
  assert.equal(rendered(prefixes).length, 1);
});

test('ranges of ports are merged, prefixes of different lengths apart: no set has overlaps', () => {
  const [tcp, udp] = [6, 17];
  assert.deepEqual(
    rendered([
      { protocol: tcp, portMin: 80, portMax: 90 },
      { protocol: tcp, portMin: 85, portMax: 100 },
      { protocol: tcp, portMin: 101, portMax: 101 },
      { protocol: udp },
      { protocol: tcp, portMin: 22, portMax: 22, remotePrefix: '10.0.0.0/8' },
      { protocol: tcp, portMin: 22, portMax: 22, remotePrefix: '10.1.0.0/16' },
    ]),
    [
      'meta protocol ip meta l4proto { 17 } accept',
      'meta protocol ip meta l4proto . th dport { 6 . 80-101 } accept',
      'ip saddr . meta l4proto . th dport { 10.0.0.0/8 . 6 . 22 } accept',
      'ip saddr . meta l4proto . th dport { 10.1.0.0/16 . 6 . 22 } accept',
    ],
  );
});

test('ICMP is looked up by type and code, a remote group by the set of its members', () => {
  assert.deepEqual(
    rendered([
      { protocol: 1, portMin: 8 },
      { ipv6: true, protocol: 58, portMin: 128, portMax: 0 },
    ]),
    [
      'meta protocol ip icmp type . icmp code { 8 . 0-255 } accept',
      'meta protocol ip6 icmpv6 type . icmpv6 code { 128 . 0 } accept',
    ],
  );
  assert.deepEqual(rendered([{ remoteGroupId: friends }]), [`ip saddr @m4-${digits} accept`]);
  assert.deepEqual(rendered([{ remoteGroupId: friends }], true), [
    `ip saddr @m4-${digits} accept`,
    `ip saddr @n4-${digits} accept`,
  ]);
});

test('a port passes what belongs to a connection, asks its groups and drops the rest; a stateless one asks always', () => {
  const filter = { securityGroupIds: [friends], allowedAddressPairs: [] };
  const [first, ...rest] = filterRules({ filter, stateful: true, loose: false }, 'i');
  assert.match(first, /vmap \{ \S+ : accept, \S+ : drop, \S+ : drop \}/);
  assert.deepEqual(rest.slice(-2), [`jump g-${digits}-i`, 'drop']);
  assert.deepEqual(filterRules({ filter, stateful: false, loose: false }, 'i'), rest);
});

test('where the bridge family tracks by itself no other table is needed', () => {
  assert.doesNotMatch(trackingRules('bridge'), /inet/);
  assert.match(trackingRules('bridge'), /ct zone set meta ibrname map @zones/);
  assert.match(trackingRules('br_netfilter'), /add rule inet lxstack zone ct zone set iifname map @zones/);
});
