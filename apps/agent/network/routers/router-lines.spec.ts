import assert from 'node:assert/strict';
import { test } from 'node:test';
import { innerLines, outerLines } from './router-lines.js';
import type { RouterSeen } from './router-lines.js';
import type { RouterSpec } from './router-spec.js';

const portId = '11111111-2222-4333-8444-555555555555';
const link = 'lr111111112222';
const one = {
  portId,
  vni: 1001,
  mtu: 1450,
  mac: 'fa:16:3e:00:00:01',
  addresses: [
    { address: '10.0.0.1', prefixLength: 24 },
    { address: 'fd00::1', prefixLength: 64 },
  ],
};
const spec: RouterSpec = {
  id: '99999999-2222-4333-8444-555555555555',
  interfaces: [one],
  routes: [{ destination: '10.9.0.0/16', nexthop: '10.0.0.7' }],
};
const there: RouterSeen = {
  links: new Map([[link, { mac: one.mac, mtu: 1450, up: true, addresses: ['10.0.0.1/24', 'fd00::1/64'] }]]),
  routes: ['10.9.0.0/16 via 10.0.0.7'],
};

test('a router that is as it should be needs no line', () => {
  assert.deepEqual(innerLines(spec, there), []);
});

test('a new interface comes up and gets its addresses, then its routes', () => {
  const fresh = new Map([[link, { mac: one.mac, mtu: 1450, up: false, addresses: [] }]]);
  assert.deepEqual(innerLines(spec, { links: fresh, routes: [] }), [
    `link set ${link} up`,
    `addr add 10.0.0.1/24 dev ${link}`,
    `addr add fd00::1/64 dev ${link} nodad`,
    'route add 10.9.0.0/16 via 10.0.0.7 proto static',
  ]);
});

test('links, addresses and routes that nobody wants are removed', () => {
  const links = new Map(there.links).set('lrother', { mac: one.mac, mtu: 1450, up: true, addresses: [] });
  links.set(link, { ...links.get(link)!, addresses: ['10.0.0.1/24', 'fd00::1/64', '10.0.0.2/24'] });
  const routes = [...there.routes, '10.8.0.0/16 via 10.0.0.7'];
  assert.deepEqual(innerLines(spec, { links, routes }), [
    'link del lrother',
    `addr del 10.0.0.2/24 dev ${link}`,
    'route del 10.8.0.0/16 via 10.0.0.7 proto static',
  ]);
});

test('an interface with another MAC goes down for it and comes up again', () => {
  const links = new Map([[link, { ...there.links.get(link)!, mac: 'fa:16:3e:00:00:02' }]]);
  assert.deepEqual(innerLines(spec, { ...there, links }), [
    `link set ${link} down`,
    `link set ${link} address ${one.mac}`,
    `link set ${link} up`,
  ]);
});

test('the outer end of an interface is in the bridge of its network', () => {
  const lines = outerLines('lxr999999992222', one, false);
  assert.match(lines[0]!, new RegExp(`^link add ${link} .* netns lxr999999992222$`));
  assert.deepEqual(lines.slice(1), [`link set ${link} mtu 1450 master lxb1001 addrgenmode none up`]);
  assert.equal(outerLines('lxr999999992222', one, true).length, 1);
});
