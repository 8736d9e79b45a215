import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkLocalOf, metadataRules } from './metadata-rules.js';

test('the link-local address of a MAC in its shortest form', () => {
  assert.equal(linkLocalOf('fa:16:3e:12:34:56'), 'fe80::f816:3eff:fe12:3456');
  assert.equal(linkLocalOf('fa:16:3e:00:00:01'), 'fe80::f816:3eff:fe00:1');
  assert.equal(linkLocalOf('02:00:00:00:00:00'), 'fe80::ff:fe00:0');
});

test('a port asks from its own MAC and addresses only; one without an IPv4 address not at all', () => {
  const mac = 'fa:16:3e:00:00:01';
  const fixedIp = (address: string) => ({ address, prefixLength: 24, gateway: '' });
  const rules = metadataRules({ mac, fixedIps: [fixedIp('10.0.0.5'), fixedIp('fd00::5')] });
  assert.ok(rules.includes('ether type ip ip daddr 169.254.169.254 ip saddr != { 10.0.0.5 } drop'));
  assert.ok(rules.includes(`ether type ip6 ip6 daddr fe80::a9fe:a9fe ip6 saddr != ${linkLocalOf(mac)} drop`));
  assert.ok(metadataRules({ mac, fixedIps: [] }).includes('ether type ip ip daddr 169.254.169.254 drop'));
});
