import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedRule, normalizedCidr, sameRule } from './rule-checks.js';
import type { WantedRule } from './rule-checks.js';
import { SenselessRuleError } from './security-groups.errors.js';

const wanted = (more: Partial<WantedRule>): WantedRule => ({ direction: 'ingress', ...more });
const problem = (more: Partial<WantedRule>): string => {
  try {
    checkedRule(wanted(more));
  } catch (error) {
    return error instanceof SenselessRuleError ? error.problem : String(error);
  }
  return 'none';
};

test('a rule is refused for what does not fit together, as Neutron does', () => {
  const ports = { portRangeMin: 80, portRangeMax: 80 };
  assert.equal(problem({ protocol: 'tcp', ...ports }), 'none');
  assert.equal(problem({ protocol: 'carrier-pigeon' }), 'protocol');
  assert.equal(problem({ protocol: '256' }), 'protocol');
  assert.equal(problem({ ...ports }), 'protocol-missing');
  assert.equal(problem({ protocol: 'esp', ...ports }), 'protocol-without-ports');
  assert.equal(problem({ protocol: 'tcp', portRangeMin: 90, portRangeMax: 80 }), 'port-range');
  assert.equal(problem({ protocol: 'tcp', portRangeMin: 90 }), 'port-range');
  assert.equal(problem({ protocol: 'udp', portRangeMin: 0, portRangeMax: 5 }), 'port-value');
  assert.equal(problem({ protocol: 'icmp', portRangeMin: 8 }), 'none');
  assert.equal(problem({ protocol: 'icmp', portRangeMax: 0 }), 'icmp-type-missing');
  assert.equal(problem({ protocol: '1', portRangeMin: 256 }), 'icmp-value');
  assert.equal(problem({ protocol: 'ipv6-icmp' }), 'ether-type-of-protocol');
  assert.equal(problem({ remoteIpPrefix: 'fd00::/8' }), 'ether-type-of-prefix');
  assert.equal(problem({ etherType: 'IPv6', remoteIpPrefix: 'fd00::/8' }), 'none');
  assert.equal(problem({ remoteIpPrefix: '10.0.0.0/8', remoteGroupId: 'g' }), 'two-remotes');
  assert.match(problem({ remoteIpPrefix: '10.0.0.0/33' }), /remote_ip_prefix/);
});

test('two rules are the same where they let the same pass, however they are written', () => {
  const rule = (more: Partial<WantedRule>) => checkedRule(wanted(more));
  assert.ok(sameRule(rule({ protocol: 'tcp' }), rule({ protocol: '6' })));
  assert.ok(sameRule(rule({ remoteIpPrefix: '10.0.0.5/24' }), rule({ remoteIpPrefix: '10.0.0.0/24' })));
  assert.ok(sameRule(rule({ protocol: 'any' }), rule({ protocol: null })));
  assert.ok(!sameRule(rule({ protocol: 'tcp' }), rule({ protocol: 'udp' })));
  assert.equal(normalizedCidr(rule({ remoteIpPrefix: '10.0.0.5' }).remoteIpPrefix!), '10.0.0.5/32');
});
