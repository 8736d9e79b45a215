import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetworkSpec, Subnet } from '#generated/lxstack/agent/v1/types';
import { dnsmasqOptions } from './dhcp.js';

const routes = (subnet: Partial<Subnet>) => {
  const whole = Subnet.fromPartial({ id: 's', cidr: '10.0.0.0/24', dhcp: true, ...subnet });
  const network = NetworkSpec.fromPartial({ id: 'n', vni: 7, mtu: 1400, subnets: [whole] });
  const prefix = '--dhcp-option=tag:s0,option:classless-static-route,';
  const options = dnsmasqOptions(network, [whole], '/dhcp').filter((option) => option.startsWith(prefix));
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
