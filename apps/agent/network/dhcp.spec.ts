import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetworkSpec, Subnet } from '#generated/lxstack/agent/v1/types';
import { protectServices } from './anti-spoofing.js';
import { dnsmasqOptions, serverAddresses } from './dhcp.js';

const routes = (subnet: Partial<Subnet>) => {
  const whole = Subnet.fromPartial({ id: 's', cidr: '10.0.0.0/24', dhcp: true, ...subnet });
  const network = NetworkSpec.fromPartial({ id: 'n', vni: 7, mtu: 1400, subnets: [whole] });
  const prefix = '--dhcp-option=tag:s0,option:classless-static-route,';
  const options = dnsmasqOptions(network, [whole], '/dhcp', 3600).filter((option) => option.startsWith(prefix));
  assert.equal(options.length, 1);
  return options[0]!.slice(prefix.length);
};

test('option 121 has the way to the metadata service, the host routes and the default route, which clients ask no other option for', () => {
  assert.equal(routes({ gateway: '10.0.0.1' }), '169.254.169.254/32,0.0.0.0,0.0.0.0/0,10.0.0.1');
  assert.equal(routes({}), '169.254.169.254/32,0.0.0.0');
  const hostRoutes = [{ destination: '10.9.0.0/16', nexthop: '10.0.0.9' }];
  assert.equal(
    routes({ gateway: '10.0.0.1', hostRoutes }),
    '10.9.0.0/16,10.0.0.9,169.254.169.254/32,0.0.0.0,0.0.0.0/0,10.0.0.1',
  );
});

test('a subnet is served from its DHCP port; one without, from its gateway or its last address', () => {
  const subnet = (fields: Partial<Subnet>) => Subnet.fromPartial({ cidr: '10.0.0.0/24', dhcp: true, ...fields });
  const served = [
    subnet({ gateway: '10.0.0.1', dhcpAddress: '10.0.0.2' }),
    subnet({ gateway: '10.0.0.1' }),
    subnet({}),
  ];
  assert.deepEqual(serverAddresses(served), { own: ['10.0.0.2/24'], lent: ['10.0.0.1/24', '10.0.0.254/24'] });
});

test('the services tell neighbours of the addresses that are their own, and of no lent one, which a router may have', () => {
  const rules = protectServices('lxd7', ['10.0.0.2/24', '10.0.1.2/24']);
  assert.match(rules, /arp saddr ip \{ 169\.254\.169\.254, 10\.0\.0\.2, 10\.0\.1\.2 \} accept\n/);
  assert.match(rules, /ip saddr \{ 10\.0\.0\.2, 10\.0\.1\.2 \} icmp type echo-reply accept\n/);
  assert.doesNotMatch(protectServices('lxd7', []), /icmp type/);
});
